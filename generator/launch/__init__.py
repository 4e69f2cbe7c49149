"""What `manage.py start` does: prepare, start every process, watch them, stop them in order."""
