"""Puts libchainrule.so into the wheel, which then fits one platform and every Python 3."""

from __future__ import annotations

import os
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class LibraryHook(BuildHookInterface):
    """Adds the library, CHAINRULE_LIBRARY or else the checkout's build/lib/libchainrule.so, and the licence."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Hatchling calls this before it builds a wheel; an editable one uses the checkout's library as it lies."""
        if version == "editable":
            return
        checkout = Path(self.root).parents[1]
        library = Path(os.environ.get("CHAINRULE_LIBRARY") or checkout / "build" / "lib" / "libchainrule.so")
        if not library.is_file():
            raise FileNotFoundError(f"{library}: build the library first, with `make`")
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{platform}"
        build_data["force_include"][str(library.resolve())] = "chainrule/libchainrule.so"
        build_data["force_include"][str(checkout / "LICENSE")] = "chainrule/LICENSE"
