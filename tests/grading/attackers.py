"""What a student might try who wants an exam's answers: each attack returns what it has found.

They run in a notebook of the real course. `SEED`, `GAMES` and `TEXTS` are what must not be found, disguised
so that a search doesn't find the search itself: numbers plus one, texts backwards.
"""

ATTACKS = {
    "memory": """
def attack():
    import gc
    gc.unfreeze()
    found, seen, todo = [], set(), list(gc.get_objects())
    own = {id(GAMES), id(SEED), id(TEXTS), id(globals())}
    while todo and len(seen) < 3_000_000:
        thing = todo.pop()
        if id(thing) in seen or id(thing) in own:
            continue
        seen.add(id(thing))
        if type(thing) is int and thing + 1 in (SEED, GAMES):
            found.append(thing)
        elif type(thing) in (str, bytes):
            text = thing if type(thing) is str else thing.decode(errors="ignore")
            found += [text[:80] for secret in TEXTS if secret[::-1] in text]
        else:
            todo += gc.get_referents(thing)
    return found
""",
    "modules": """
def attack():
    import sys
    closed = ("othello_interp.exercises.catalogue", "othello_interp.exercises.judging.answer_key")
    return [name for name in sys.modules if name.startswith(closed) or "solutions" in name]
""",
    "imports": """
def attack():
    import importlib
    found = []
    for name in ("catalogue", "catalogue.exercise_5_4", "catalogue.own_hypothesis", "catalogue.shared"):
        try:
            found.append(importlib.import_module("othello_interp.exercises." + name).__name__)
        except ImportError:
            pass
    for name in ("EXERCISES", "checker.exercises"):
        try:
            import othello_interp.exercises as exercises
            found += exercises.EXERCISES
        except Exception:
            pass
    return [name for name in found if "exercises.catalogue" != name.removeprefix("othello_interp.")]
""",
    "a fresh copy of the package": """
def attack():
    import importlib, sys
    import othello_interp.exercises as exercises
    kept = dict(sys.modules)
    try:
        for name in [name for name in sys.modules if name.startswith("othello_interp.exercises")]:
            del sys.modules[name]
        fresh = importlib.import_module("othello_interp.exercises")
        return list(fresh.EXERCISES)
    except Exception:
        return []
    finally:
        sys.modules.update(kept)
""",
    "files": """
def attack():
    import os, sys
    import othello_interp
    found = []
    package = os.path.dirname(othello_interp.__file__)
    tops = "/tmp", "/home", "/root", "/srv", "/var", "/scratch", "/mnt"
    for top in (os.path.dirname(package), package, *tops):
        for folder, _, names in os.walk(top):
            if folder.startswith(sys.prefix):
                continue
            for name in names:
                path = os.path.join(folder, name)
                inside = os.path.relpath(path, os.path.dirname(package))
                if name.endswith((".ipynb", ".html", ".csv")) or inside.startswith(("solutions", "tests")):
                    found.append(path)
                    continue
                try:
                    text = open(path, "rb").read(10**6).decode(errors="ignore")
                except OSError:
                    continue
                found += [path for secret in TEXTS if secret[::-1] in text]
    return found
""",
    "compiled files": """
def attack():
    import glob, os
    import othello_interp
    pattern = os.path.dirname(othello_interp.__file__) + "/exercises/catalogue/**"
    return [path for path in glob.glob(pattern, recursive=True) if os.path.isfile(path)]
""",
    "seeds of models": """
def attack():
    from othello_interp.exercises.calling import call
    refs = [ref.seed for ref in call.makers] + [key[1] for key in call._models]
    return [seed for seed in refs if seed + 1 == SEED or seed > 100]
""",
    "frames": """
def attack():
    import inspect
    found, frame = [], inspect.currentframe()
    while frame:
        for value in list(frame.f_locals.values()):
            seed = getattr(value, "seed", 0)
            if type(seed) is int and seed > 100:
                found.append(seed)
            if hasattr(value, "mistakes") or hasattr(value, "expected"):
                found.append(type(value).__name__)
        frame = frame.f_back
    return found
""",
    "records": """
def attack():
    import gc
    from othello_interp.exercises.records import Exercise, Mistake
    return [str(thing)[:80] for thing in gc.get_objects() if type(thing) in (Exercise, Mistake)]
""",
    "the games of a score": """
def attack():
    import gc
    import torch
    from othello_interp.rules.random_games import random_games
    secret = random_games(100, seed=GAMES - 1)
    tensors = [t for t in gc.get_objects() if type(t) is torch.Tensor and t.shape == secret.shape]
    return [t.shape for t in tensors if t is not secret and torch.equal(t, secret)]
""",
    "other processes": """
def attack():
    import os
    found = []
    for process in {os.getppid(), 1, 2} | set(range(os.getpid() - 20, os.getpid())):
        for name in ("mem", "environ", "maps", "fd"):
            try:
                open(f"/proc/{process}/{name}", "rb").read(1)
                found.append((process, name))
            except OSError:
                pass
    return found
""",
    "descriptors": """
def attack():
    import os
    found = []
    for number in range(4, 600):
        try:
            os.fstat(number)
            found.append(number)
        except OSError:
            pass
    return found
""",
    "environment": """
def attack():
    import os
    secrets = (str(SEED - 1), "solutions", "SOLUTIONS")
    return [name for name, value in os.environ.items() if any(s in name + value for s in secrets)]
""",
}


def cells(seed: int, games: int, texts: list[str], function: str) -> list[str]:
    """The attacks as cells of a notebook, whose `function` raises a ValueError with what they found."""
    backwards = [text[::-1] for text in texts]
    sources = [f"SEED, GAMES, TEXTS = {seed + 1}, {games + 1}, {backwards!r}\nloot = {{}}"]
    sources += [f"{source}\nloot[{name!r}] = attack()" for name, source in ATTACKS.items()]
    sources.append(f"{ATTACKS['memory']}\nclass Box: pass\nBox.inside = [SEED - 1]\ncontrol = attack()")
    answer = (
        f"def {function}(*args, **kwargs):\n    loot['in the call'] = frames()\n"
        "    assert control, 'the search finds nothing'\n"
        "    raise ValueError(repr({name: found[:3] for name, found in loot.items()}))"
    )
    return [*sources, ATTACKS["frames"].replace("def attack", "def frames"), answer]
