"""A stranger's plot.yaml names models; where the conversation and keys go, the user alone says. Over real HTTP."""

from __future__ import annotations

import json
import re
import socket
import stat
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from plot.cli import main
from plot.errors import PlotError
from plot.llm import Entry
from plot.llm.config import configured, user_file
from plot.llm.entries import host_of, is_loopback
from plot.llm.trust import FILE, Permission, remember, remembered
from plot.testing import Redirect, ScriptedModel
from tests.llm.helpers import reply

pytestmark = pytest.mark.usefixtures("own_folders")
SAID = "Mary crushed poor Tom."
CODE = 'condition(won_against(["mary"], ["tom"], 1))'
SECRET = "not-for-strangers-1234567890"
CONTENT = json.dumps(reply(CODE))
REPLY = {"choices": [{"message": {"role": "assistant", "content": CONTENT}, "finish_reason": "stop"}]}


class Elsewhere:
    """A server on a given address of this machine, with the requests that came."""

    def __init__(self, address: str) -> None:
        self.came: list[tuple[str, dict[str, str], bytes]] = []
        came = self.came

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                came.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
                data = json.dumps(REPLY).encode()
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_CONNECT = do_POST  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer((address, 0), Handler)
        self.host = f"{address}:{self.server.server_port}"
        self.url = f"http://{self.host}/v1"

    def __enter__(self) -> Elsewhere:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


def own_address() -> str | None:
    """Return an address of this machine that is not loopback; None where it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # nothing is sent
            address: str = probe.getsockname()[0]
        except OSError:
            return None
    return None if is_loopback(address) else address


@pytest.fixture
def far() -> Iterator[Elsewhere]:
    address = own_address()
    if address is None:
        pytest.skip("this machine has loopback only")
    with Elsewhere(address) as server:
        yield server


def plot(*args: str, typed: str = "") -> Any:
    return CliRunner().invoke(main, list(args), input=typed, catch_exceptions=False)


def translate(*more: str) -> Any:
    return plot("translate", "tugofwar", "--no-facts", SAID, "--samples", "1", "--no-cache", "--no-memory", *more)


def project(**entry: Any) -> None:
    """Write a plot.yaml into the working directory, as a stranger's repository has it."""
    fields = ", ".join(
        f"{name}: {json.dumps(value)}" for name, value in {"name": "p", "model": "scripted", **entry}.items()
    )
    Path("plot.yaml").write_text(f"translators: [{{{fields}}}]\n")


def users(text: str) -> None:
    user_file().parent.mkdir(exist_ok=True)
    user_file().write_text(text)


# -- what a stranger's file may not do ---------------------------------------------------------------------------


def test_the_conversation_goes_to_no_host_that_a_stranger_names(far: Elsewhere) -> None:
    project(base_url=far.url)
    for more in ((), ("--model", "p"), ("--judge", "p", "--ensemble", "fusion"), ("--replay", "none.json")):
        result = translate(*more)
        assert result.exit_code != 0
    result = translate()
    assert far.host in result.stderr and "not your own" in result.stderr and "plot models --allow p" in result.stderr
    assert plot("models", "--ping").exit_code == 1
    assert plot("eval", "clinic", "--samples", "1").exit_code in (0, 1)
    assert far.came == []


def test_no_variable_that_a_stranger_names_is_sent_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOUD_SECRET", SECRET)
    with ScriptedModel([reply(CODE)], repeat_last=True) as server:
        project(base_url=server.base_url, api_key_env="CLOUD_SECRET")
        result = translate()
        assert result.exit_code == 1 and "CLOUD_SECRET" in result.stderr and SECRET not in result.output
        assert plot("models", "--ping").exit_code == 1
        assert translate("--model", "p", "--base-url", server.base_url).exit_code == 1
        assert server.requests == ()
        project(api_key_env="CLOUD_SECRET")
        assert "api.openai.com" in translate().stderr
        project(base_url=server.base_url)
        assert translate().exit_code == 0
        assert server.requests[0].headers["authorization"] == "Bearer none"


def test_a_users_key_does_not_follow_the_name_of_an_entry(far: Elsewhere, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", SECRET)
    with ScriptedModel([reply(CODE)], repeat_last=True, api_key=SECRET) as server:
        users(f"translators: [{{name: p, model: m, base_url: '{server.base_url}', api_key_env: MY_KEY}}]")
        for url in (far.url, server.base_url.replace("127.0.0.1", "127.0.0.2")):
            project(base_url=url)
            assert translate().exit_code == 1
        project()  # a model alone: asked where the user says
        assert translate().exit_code == 0
        assert server.requests[0].headers["authorization"] == f"Bearer {SECRET}"
        assert far.came == []


def test_a_strangers_file_allows_nothing_and_raises_no_limit() -> None:
    for text in ("allow: [{host: evil.example}]\n", "translators: [{name: p, model: m, allow_http: true}]\n"):
        Path("plot.yaml").write_text(text)
        result = plot("models")
        assert (
            result.exit_code == 1
            and "only allowed in your own plot.yaml" in result.stderr
            and "line 1" in result.stderr
        )
    users("limits: {calls: 7}\n")
    Path("plot.yaml").write_text("limits: {calls: 10000, tokens: 10000000, cost: 5}\n")
    limits = configured().limits
    assert (limits.calls, limits.tokens, limits.cost) == (7, 1_000_000, 5)
    Path("plot.yaml").write_text("limits: {calls: 3}\n")
    assert configured().limits.calls == 3


# -- what the user allows ----------------------------------------------------------------------------------------


def test_flags_count(far: Elsewhere, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("P_KEY", SECRET)
    project(base_url=far.url)
    assert translate("--model", "p", "--base-url", far.url).exit_code == 0
    assert translate("--base-url", far.url).exit_code == 0
    assert len(far.came) == 2
    with ScriptedModel([reply(CODE)], repeat_last=True, api_key=SECRET) as server:
        project(base_url=server.base_url, api_key_env="P_KEY")
        assert translate("--api-key-env", "P_KEY").exit_code == 0
        assert len(server.requests) == 1


def test_the_users_own_file_counts(far: Elsewhere, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("P_KEY", SECRET)
    monkeypatch.setenv("OTHER_KEY", SECRET)
    project(base_url=far.url)
    users(f"allow: [{{host: '{far.host}'}}]\n")
    assert translate().exit_code == 0
    assert len(far.came) == 1
    project(base_url=far.url, api_key_env="P_KEY")
    assert translate().exit_code == 1  # the host is allowed, the variable is not
    users(f"translators: [{{name: mine, model: m, base_url: '{far.url}', api_key_env: P_KEY, allow_http: true}}]\n")
    assert configured(("p",)).entries[0].refusal is None
    project(base_url=far.url, api_key_env="OTHER_KEY")
    assert configured(("p",)).entries[0].refusal is not None
    assert len(far.came) == 1


def test_a_confirmation_is_remembered_for_that_host_and_variable(far: Elsewhere) -> None:
    project(base_url=far.url)
    assert plot("models", "--allow", "p", typed="n\n").exit_code == 1
    assert plot("models", "--allow", "p").exit_code == 1  # nobody answers
    assert translate().exit_code == 1
    result = plot("models", "--allow", "p", typed="y\n")
    assert result.exit_code == 0 and far.host in result.stderr
    file = user_file().parent / FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert remembered(file.parent) == {Permission(host=far.host)}
    assert translate().exit_code == 0 and len(far.came) == 1
    project(base_url=far.url, api_key_env="P_KEY")
    assert translate().exit_code == 1
    project(base_url=far.url.replace(far.host, "elsewhere.example"))
    assert "elsewhere.example" in translate().stderr
    assert plot("forget", "allowed", "--yes").exit_code == 0
    project(base_url=far.url)
    assert translate().exit_code == 1 and len(far.came) == 1
    assert plot("models", "--allow", "nobody", "--yes").exit_code == 1


def test_the_own_file_read_in_its_own_folder_is_no_strangers(monkeypatch: pytest.MonkeyPatch) -> None:
    users("translators: [{name: p, model: m, base_url: 'https://far.example/v1', api_key_env: P_KEY}]\n")
    monkeypatch.chdir(user_file().parent)
    assert configured(("p",)).entries[0].refusal is None


def test_a_damaged_list_of_hosts_is_told(own_folders: Path) -> None:
    remember(user_file().parent, [Permission(host="a.example")])
    (user_file().parent / FILE).write_text("[1")
    with pytest.raises(PlotError, match="damaged"):
        configured()
    assert plot("forget", "allowed", "--yes").exit_code == 0
    assert configured().translators == ()


# -- keys and networks -------------------------------------------------------------------------------------------


def test_keys_go_over_tls_or_loopback_only(far: Elsewhere, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("P_KEY", SECRET)
    users(f"translators: [{{name: p, model: m, base_url: '{far.url}', api_key_env: P_KEY}}]\n")
    result = translate()
    assert result.exit_code == 1 and "without TLS" in result.stderr and "allow_http" in result.stderr
    assert translate("--model", "x", "--base-url", far.url, "--api-key-env", "P_KEY").exit_code == 1
    assert far.came == []
    users(f"translators: [{{name: p, model: m, base_url: '{far.url}', api_key_env: P_KEY, allow_http: true}}]\n")
    assert translate().exit_code == 0
    assert far.came[0][1]["authorization"] == f"Bearer {SECRET}"
    # What is allowed for one host is not for another that an option, or a stranger, puts in its place.
    with pytest.raises(PlotError, match="without TLS"):
        configured(("p",), "http://10.9.8.7/v1").entries[0].key()
    project(base_url="http://10.9.8.7/v1")
    with pytest.raises(PlotError, match="not your own"):
        configured(("p",)).entries[0].key()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_carries_nothing_to_another_host(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("P_KEY", SECRET)
    with Elsewhere("127.0.0.2") as other, ScriptedModel([Redirect(other.url, status)], repeat_last=True) as server:
        users(f"translators: [{{name: p, model: scripted, base_url: '{server.base_url}', api_key_env: P_KEY}}]\n")
        assert "redirects elsewhere" in translate("--no-grammar").stderr
        assert plot("models", "--ping").exit_code == 1
        assert len(server.requests) > 0 and other.came == []


def test_what_is_for_this_machine_goes_to_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("P_KEY", SECRET)
    with Elsewhere("127.0.0.2") as proxy, ScriptedModel([reply(CODE)], repeat_last=True) as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://{proxy.host}")
        users(f"translators: [{{name: p, model: scripted, base_url: '{server.base_url}', api_key_env: P_KEY}}]\n")
        assert translate().exit_code == 0
        assert len(server.requests) == 1 and proxy.came == []


def test_the_host_is_told_at_the_first_call_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("P_KEY", SECRET)
    with ScriptedModel([reply(CODE)], repeat_last=True) as server:
        host = host_of(server.base_url)
        where = ("--model", "scripted", "--base-url", server.base_url)
        result = plot("translate", "tugofwar", SAID, "Sue crushed poor Tom.", *where, "--no-memory", "--json")
        assert result.stderr.count(f"asking {host} without a key\n") == 1
        assert "asking" not in plot("translate", "tugofwar", "Tom beat John.", *where).stderr  # the grammar reads it
        assert (
            f"asking {host} with the key in P_KEY\n"
            in plot("models", "--ping", *where, "--api-key-env", "P_KEY").stderr
        )
        assert SECRET not in result.output


# -- hosts -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    [
        "localhost.example.org",
        "127.0.0.1.example.org",
        "127.1",
        "0x7f.0.0.1",
        "2130706433",
        "0.0.0.0",
        "::ffff:10.0.0.1",
        "10.0.0.1",
        "[::1]",
        "localhost.",
        "loopback",
        "",
    ],
)
def test_other_ways_to_name_a_host_are_not_loopback(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1", "127.255.0.9", "::1"])
def test_loopback(host: str) -> None:
    assert is_loopback(host)
    shown = f"[{host}]" if ":" in host else host
    assert Entry(name="m", model="m", base_url=f"http://{shown}:1/v1").is_local


def test_ports_are_part_of_a_host() -> None:
    allowed = {Permission(host="a.example", api_key_env="K")}
    assert Permission(host="A.example").within(allowed)
    assert not Permission(host="a.example:444").within(allowed)
    assert not Permission(host="a.example", api_key_env="L").within(allowed)
    assert Permission(host="a.example:443", api_key_env="K").within(allowed)


# -- the documentation -------------------------------------------------------------------------------------------

DOCS = Path(__file__).parents[2] / "docs" / "models"
BLOCKS = [
    pytest.param(block, id=f"{page.stem}-{number}")
    for page in sorted(DOCS.glob("*.md"))
    for number, block in enumerate(re.findall(r"```yaml\n(.*?)```", page.read_text(), re.DOTALL))
]


@pytest.mark.parametrize("block", BLOCKS)
def test_each_example_is_the_users_own_and_a_strangers_where_it_may_be(block: str) -> None:
    users(block)
    assert configured().translators and all(entry.refusal is None for entry in configured().entries)
    users("")
    Path("plot.yaml").write_text(block)
    if re.search("^allow:|allow_http:", block, re.MULTILINE):
        with pytest.raises(PlotError, match="your own plot"):
            configured()
        return
    for entry in configured().entries:
        assert (entry.refusal is None) == (entry.is_local and entry.api_key_env is None)
