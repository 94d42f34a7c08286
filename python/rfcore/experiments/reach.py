"""Which source files a class reaches by imports, read without running them."""

import ast
import inspect
from functools import cache
from pathlib import Path

import rfcore

# What else lies in a package may be read by its modules.
_NOT_DATA = {".py", ".pyc", ".pyi", ".so", ".pyd"}


def reached_files(cls):
    """The files whose content can change what a class computes.

    These are the modules of the class and of its bases, what they import anywhere in
    their text (inside functions too), the packages around these, and the data files in
    the folders of all. Of a package that hands a name on, that name's module is
    followed and no other, so that ``from rfcore.attacks import FairnessAttack`` does
    not reach every attack; a package taken as a whole reaches all that it imports.
    Modules of rfcore and of the class's own top-level package count, other libraries
    do not. A name that is imported by a computed string is not seen.

    Parameters
    ----------
    cls : type

    Returns
    -------
    files : dict of str to Path
        By module name; a data file by ``"<package>/<file name>"``. A class without a
        file, say of an interactive session, adds none of its own.
    """
    roots = {"rfcore": Path(rfcore.__file__).parent}
    own = cls.__module__.partition(".")[0]
    pending, files = [], {}
    for base in cls.__mro__:
        name, path = base.__module__, _source_of(base)
        top, *inner = name.split(".")
        if path is None or top not in {own, "rfcore"}:
            continue
        if top not in roots and not inner and path.stem != "__init__":
            files[name] = path
            pending += _imports_of(path, name).values()
            continue
        # /site/own/inner/file.py and /site/own/inner/__init__.py are both in own.inner.
        depth = len(inner) - (path.stem != "__init__")
        roots.setdefault(top, path.parents[depth])
        pending.append(name)
    seen = set()
    while pending:
        name = pending.pop()
        if name not in seen and name.partition(".")[0] in roots:
            seen.add(name)
            found, further = _resolved(name, roots)
            files |= found
            pending += further
    return files


def _resolved(name, roots):
    """The files on the way to a dotted name, and the names to follow from there."""
    top, *rest = name.split(".")
    module, folder = top, roots[top]
    files = _package_files(module, folder)
    while rest:
        inner = f"{module}.{rest[0]}"
        if (folder / f"{rest[0]}.py").is_file():
            files[inner] = folder / f"{rest[0]}.py"
            return files, _imports_of(files[inner], inner).values()
        if not (folder / rest[0]).is_dir():
            break
        module, folder = inner, folder / rest.pop(0)
        files |= _package_files(module, folder)
    if module not in files:
        return files, ()
    imports = _imports_of(files[module], module)
    if rest and rest[0] in imports:
        return files, (".".join([imports[rest[0]], *rest[1:]]),)
    return files, imports.values()


def _package_files(module, folder):
    """The `__init__` of a package by its name, and the data beside it."""
    init = folder / "__init__.py"
    files = {module: init} if init.is_file() else {}
    for path in folder.iterdir():
        if path.is_file() and path.suffix not in _NOT_DATA:
            files[f"{module}/{path.name}"] = path
    return files


def _imports_of(path, module):
    status = path.stat()
    return _parsed(path, module, status.st_mtime_ns, status.st_size)


@cache
def _parsed(path, module, mtime_ns, size):
    """What a file imports: dotted names by the name under which each is bound."""
    found = {}
    package = module if path.stem == "__init__" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            # `import a.b` binds a, yet it is a.b that is run: a key of its own.
            found |= {alias.asname or alias.name: alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            origin = node.module or ""
            if node.level:
                parts = package.split(".")
                base = ".".join(parts[: len(parts) - node.level + 1])
                origin = f"{base}.{origin}" if origin else base
            for alias in node.names:
                # Of `import *` the origin is taken as a whole.
                if alias.name == "*":
                    found[f"{origin}.*"] = origin
                else:
                    found[alias.asname or alias.name] = f"{origin}.{alias.name}"
    return found


def _source_of(cls):
    try:
        return Path(inspect.getfile(cls)).resolve()
    except (TypeError, OSError):
        return None
