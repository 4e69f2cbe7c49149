"""Loaded by pytest before the settings: every run has its own data folder and no real upstream."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

_folder = tempfile.mkdtemp(prefix="studio-tests-")
Path(_folder, "static").mkdir()
atexit.register(shutil.rmtree, _folder, ignore_errors=True)

for name in [name for name in os.environ if name.startswith(("SOUNDVERSE_", "ENGINE_", "QUOTA_"))]:
    del os.environ[name]
os.environ |= {
    "DATA_DIR": _folder,
    "SECRET_KEY": "only-for-tests-" + "x" * 50,
    "DEBUG": "false",
    "EMAIL_URL": "memorymail://",
    "CACHE_URL": "locmemcache://",
}

# Redis is one for all worker processes of a parallel run: each gets a database of its own.
if "REDIS_URL" in os.environ:
    number = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    os.environ["REDIS_URL"] = f"{os.environ['REDIS_URL'].rpartition('/')[0]}/{number}"
