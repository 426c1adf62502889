"""Linux system calls that Python does not offer: namespaces, mounts, Landlock, seccomp, capabilities.

Thin wrappers with no policy in them (enter.py holds that). Each raises OSError with the call's name.
Numbers and structures are those of the kernel's own headers (linux/landlock.h, linux/seccomp.h,
linux/mount.h, linux/sched.h).
"""

import ctypes
import os
import platform
import struct

NEWNS, NEWCGROUP, NEWUTS, NEWIPC = 0x20000, 0x2000000, 0x4000000, 0x8000000
NEWUSER, NEWPID, NEWNET = 0x10000000, 0x20000000, 0x40000000
NEWTIME = 0x80
ALL_NAMESPACES = NEWNS | NEWCGROUP | NEWUTS | NEWIPC | NEWUSER | NEWPID | NEWNET | NEWTIME

MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_REC, MS_PRIVATE = 2, 4, 8, 4096, 16384, 1 << 18
MNT_DETACH = 2
ATTR_RDONLY, ATTR_NOSUID, ATTR_NODEV = 1, 2, 4

PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_CAPBSET_DROP = 1, 22, 24
PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 36, 38
LAST_CAPABILITY = 63

# Landlock's file system rights, lowest bit first, and how many of them each version of its interface knows.
FS_EXECUTE, FS_WRITE_FILE, FS_READ_FILE, FS_READ_DIR = 1, 2, 4, 8
FS_TRUNCATE, FS_IOCTL = 1 << 14, 1 << 15
FS_BITS_OF_ABI = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
FS_FILE_RIGHTS = FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE | FS_IOCTL

# (x86_64, aarch64) numbers of the calls that no exercise needs and that reach outside, or escape the limits.
DENIED_CALLS = {
    "socket": (41, 198),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "pidfd_getfd": (438, 438),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "unshare": (272, 97),
    "setns": (308, 268),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "kexec_load": (246, 104),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "memfd_create": (319, 279),  # its memory would escape the limit on address space
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "semget": (64, 190),
    "msgget": (68, 186),
    "syslog": (103, 116),
    "personality": (135, 92),
}
ARCHITECTURES = {"x86_64": (0, 0xC000003E, 56), "aarch64": (1, 0xC00000B7, 220)}  # column, audit name, clone
CLONE3 = 435
EPERM, ENOSYS = 1, 38

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


def _check(result: int, name: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return result


def unshare(flags: int) -> None:
    """Leave the namespaces given by `flags` for new ones."""
    _check(_libc.unshare(flags), "unshare")


def mount(
    source: str, target: str, kind: str | None = None, flags: int = 0, options: str | None = None
) -> None:
    """Mount as mount(2) does."""
    encoded = [None if text is None else os.fsencode(text) for text in (source, target, kind)]
    data = None if options is None else options.encode()
    _check(_libc.mount(*encoded, ctypes.c_ulong(flags), data), f"mount {target}")


def make_read_only(path: str) -> None:
    """Make a mount and those below it read-only, without set-user-id programs (mount_setattr, Linux 5.12)."""
    attributes = struct.pack("=4Q", ATTR_RDONLY | ATTR_NOSUID, 0, 0, 0)
    at_fdcwd, recursive = -100, 0x8000
    result = _libc.syscall(
        442, at_fdcwd, os.fsencode(path), recursive, attributes, ctypes.c_size_t(len(attributes))
    )
    _check(result, f"mount_setattr {path}")


def pivot_root(new: str, old: str) -> None:
    """Make `new` the root directory and put the former one at `old`, which lies under it."""
    number = {"x86_64": 155, "aarch64": 41}[platform.machine()]
    _check(_libc.syscall(number, os.fsencode(new), os.fsencode(old)), "pivot_root")


def detach(path: str) -> None:
    """Unmount `path` and everything below it."""
    _check(_libc.umount2(os.fsencode(path), MNT_DETACH), f"umount {path}")


def prctl(option: int, argument: int = 0) -> None:
    """prctl(2) with one argument."""
    _check(_libc.prctl(option, ctypes.c_ulong(argument), 0, 0, 0), f"prctl {option}")


def drop_capabilities() -> None:
    """Give up every capability for good."""
    for capability in range(LAST_CAPABILITY):
        try:
            prctl(PR_CAPBSET_DROP, capability)
        except OSError:  # beyond the last one this kernel knows, or not held in the first place
            break
    header = struct.pack("=Ii", 0x20080522, 0)
    _check(_libc.capset(header, bytes(24)), "capset")


def landlock_abi() -> int:
    """Version of the kernel's Landlock interface, 0 where there is none."""
    return max(0, _libc.syscall(444, None, ctypes.c_size_t(0), 1))


def landlock(readable: list[str], writable: list[str]) -> None:
    """From now on this process and its children can read only `readable` and change only `writable`.

    Where the kernel knows how, TCP, abstract sockets and signals to processes outside are refused too. Needs
    no_new_privs. Paths that don't exist are left out.
    """
    abi = landlock_abi()
    if abi < 1:
        raise OSError(ENOSYS, "landlock: not in this kernel")
    rights = (1 << FS_BITS_OF_ABI[min(abi, 5)]) - 1
    network = 0b11 if abi >= 4 else 0
    scope = 0b11 if abi >= 6 else 0
    attributes = struct.pack("=3Q", rights, network, scope)[: 24 if abi >= 6 else 16 if abi >= 4 else 8]
    ruleset = _check(
        _libc.syscall(444, attributes, ctypes.c_size_t(len(attributes)), 0), "landlock_create_ruleset"
    )
    try:
        reading = FS_EXECUTE | FS_READ_FILE | FS_READ_DIR
        for paths, allowed in ((readable, reading), (writable, rights)):
            for path in paths:
                _landlock_allow(ruleset, path, allowed & rights)
        _check(_libc.syscall(446, ruleset, 0), "landlock_restrict_self")
    finally:
        os.close(ruleset)


def _landlock_allow(ruleset: int, path: str, allowed: int) -> None:
    try:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, PermissionError):
        return
    try:
        if not os.path.isdir(path):
            allowed &= FS_FILE_RIGHTS
        rule = struct.pack("=Qi", allowed, fd)
        _check(_libc.syscall(445, ruleset, 1, rule, 0), f"landlock_add_rule {path}")
    finally:
        os.close(fd)


def seccomp_program(machine: str) -> bytes:
    """The filter as classic BPF: refuse the calls above and new namespaces, allow the rest."""
    column, audit_name, clone = ARCHITECTURES[machine]
    load, equal, at_least, any_bit, give = 0x20, 0x15, 0x35, 0x45, 0x06
    allow, kill, refuse, unknown = 0x7FFF0000, 0x80000000, 0x00050000 | EPERM, 0x00050000 | ENOSYS
    step = struct.Struct("=HBBI").pack
    program = [
        step(load, 0, 0, 4),
        step(equal, 1, 0, audit_name),
        step(give, 0, 0, kill),
        step(load, 0, 0, 0),
    ]
    program += [step(at_least, 0, 1, 0x40000000), step(give, 0, 0, refuse)]  # the x32 variant of x86_64
    for numbers in DENIED_CALLS.values():
        program += [step(equal, 0, 1, numbers[column]), step(give, 0, 0, refuse)]
    # clone3's flags lie behind a pointer, which a filter can't follow: the C library falls back to clone.
    program += [step(equal, 0, 1, CLONE3), step(give, 0, 0, unknown)]
    program += [
        step(equal, 0, 3, clone),
        step(load, 0, 0, 16),
        step(any_bit, 0, 1, ALL_NAMESPACES & ~NEWTIME),
    ]
    program += [step(give, 0, 0, refuse), step(give, 0, 0, allow)]
    return b"".join(program)


def seccomp() -> None:
    """Refuse the calls of DENIED_CALLS from now on. Needs no_new_privs."""
    machine = platform.machine()
    if machine not in ARCHITECTURES:
        raise OSError(ENOSYS, f"seccomp: no filter for {machine}")
    program = seccomp_program(machine)
    buffer = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("HP", len(program) // 8, ctypes.addressof(buffer))
    _check(_libc.prctl(PR_SET_SECCOMP, ctypes.c_ulong(2), header, 0, 0), "seccomp")
