"""What people and learning platforms get: grades, feedback pages, the class report."""
