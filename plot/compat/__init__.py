"""All uses of private APIs of torch, Pyro, lark and PyYAML: one file each, each with a test of its name.

Where a new version of a library breaks something here, that test fails and names the library; nothing else in the
package depends on what is not public. The upper bounds in `pyproject.toml` follow the versions that were tried.
"""
