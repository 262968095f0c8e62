"""Model servers that others wrote: `transformers serve` with a tiny random model made on the spot, and llama.cpp's."""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

READY_S = 300.0  # it imports torch and transformers first
STOP_S = 15.0
CONTEXT = 32768  # tokens; what is learned from a few sentences needs about one for two letters
VOCABULARY = 400
END = "<|end|>"
ROLES = ("<|system|>", "<|user|>", "<|assistant|>")
SENTENCES = (
    "Mary beat Tom in a tug-of-war. Is Mary stronger than Tom?",
    "Sam is the brother of Anna, and Anna is the mother of Jane. Who is the uncle of Jane?",
    "The red mug stands to the left of the blue cup, near the edge of the table.",
    "Three of the five patients who cough have a cold; how likely is it that the next one has a fever?",
    'condition(beat("mary", "tom")); query(strength("mary") > strength("tom"));',
)
CHAT = (
    "{% for message in messages %}<|{{ message['role'] }}|>\n{{ message['content'] }}" + END + "\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)


def make_tiny_model(folder: Path, seed: int = 0) -> None:
    """Save a tokenizer and a Llama of two small layers, whose weights are random, as a server loads them."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    tokenizer = _tokenizer()
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=CONTEXT,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = LlamaForCausalLM(config)
    model.generation_config.do_sample = True  # as chat models have it; a request's temperature of 0 turns it off
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _tokenizer() -> Any:
    """Learn a byte-level BPE, which can say any text, from a few sentences."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    learned = Tokenizer(models.BPE())
    learned.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    learned.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=[END, *ROLES],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    learned.train_from_iterator(SENTENCES, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=learned, eos_token=END, pad_token=END, model_max_length=CONTEXT, chat_template=CHAT
    )


@contextmanager
def serving(folder: Path) -> Iterator[tuple[str, str]]:
    """Serve the model in a folder on the loopback interface: yield the base URL and the model's name.

    The server's log is written beside the folder. Raises RuntimeError, with the log, where it does not start.
    """
    port = _free_port()
    arguments = ["serve", folder.name, "--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    command = [sys.executable, "-m", "transformers.cli.transformers", *arguments]
    with _running(command, folder.parent, folder.with_suffix(".log"), port):
        yield f"http://127.0.0.1:{port}/v1", folder.name


@contextmanager
def llama_server(weights: Path, folder: Path) -> Iterator[str]:
    """Serve weights by llama.cpp's own server, if it is on the PATH: yield the base URL. Its log is in the folder."""
    program = shutil.which("llama-server")
    if program is None:
        pytest.skip("llama-server is not on the PATH: `.ci/llama-server` builds it")
    port = _free_port()
    arguments = ["-m", str(weights), "--host", "127.0.0.1", "--port", str(port), "-c", "4096", "-np", "2", "-t", "1"]
    with _running([program, *arguments], folder, folder / "log", port):
        yield f"http://127.0.0.1:{port}/v1"


@contextmanager
def _running(command: list[str], folder: Path, log: Path, port: int) -> Iterator[None]:
    """Run a server until the block ends. Raises RuntimeError, with its log, where it does not start."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=_environment(folder),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_ready(process, port, log)
        yield
    finally:
        _stop(process)


def _environment(home: Path) -> dict[str, str]:
    """Say that there is no hub to ask, and that one thread is enough for so small a model."""
    return {
        **os.environ,
        "HF_HOME": str(home / "hub"),
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "OMP_NUM_THREADS": "1",
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + READY_S
    while process.poll() is None and time.monotonic() < deadline:
        if _is_healthy(port):
            return
        time.sleep(0.1)
    said = log.read_text(encoding="utf-8", errors="replace")
    raise RuntimeError(f"the server did not start (exit status {process.returncode}); it said:\n{said}")


def _is_healthy(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ask the server to end, and end it where it does not."""
    process.terminate()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
