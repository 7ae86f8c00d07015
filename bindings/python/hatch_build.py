"""Puts libchainrule.so into the wheel, which then fits one platform and every Python 3."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class LibraryHook(BuildHookInterface):
    """Adds the library: the file that CHAINRULE_LIBRARY names, or else what `make lib` builds here with Swift.

    The tag names this machine's platform. `make wheel` lets auditwheel make it say which glibc is needed.
    """

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Hatchling calls this before it builds a wheel; an editable one uses the checkout's library as it lies."""
        if version == "editable":
            return
        given = os.environ.get("CHAINRULE_LIBRARY")
        library = Path(given) if given else self._built()
        if not library.is_file():
            self.app.abort(f"chainrule: CHAINRULE_LIBRARY names no file: {library}")
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{platform}"
        build_data["force_include"][str(library.resolve())] = "chainrule/libchainrule.so"

    def _built(self) -> Path:
        needed = (os.environ.get("SWIFT", "swift"), "make", "ld", "objcopy")
        missing = [program for program in needed if shutil.which(program) is None]
        if missing:
            self.app.abort(
                f"chainrule: not found: {', '.join(missing)}. Building the library takes Swift 6.3 "
                "(https://www.swift.org/install/), make and binutils. Install a wheel instead, which contains the "
                "library, or set CHAINRULE_LIBRARY to the path of libchainrule.so."
            )
        if subprocess.run(["make", "lib"], cwd=self.root).returncode != 0:
            self.app.abort("chainrule: `make lib` failed; its output is above")
        return Path(self.root, "build", "lib", "libchainrule.so")
