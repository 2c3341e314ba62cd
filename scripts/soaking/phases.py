"""The phases of a soak, each of which ends in verdicts."""

import random
import selectors
import socket
import statistics
import struct
import sys
import threading
import time

from soaking.client import Client
from soaking.mix import ask, mix

CLIENTS = 64
STREAMS = 8
# Resident memory may differ by what an allocator keeps; a leak of any kind exceeds that in ten minutes.
MEMORY_SLACK = 0.05
LATENCY_SLACK = 0.10


class Soak:
    """The phases against one server, and what they complain of."""

    def __init__(self, server, stream_seconds):
        self.server = server
        self.stream_seconds = stream_seconds
        self.requests = mix()
        self.expected = []
        self.complaints = []

    def say(self, text):
        print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)

    def judge(self, holds, text):
        self.say(("ok   " if holds else "FAIL ") + text)
        if not holds:
            self.complaints.append(text)

    def solo(self):
        for path, body in self.requests:
            status, said = ask(self.server.port, path, body)
            if status != 200 or not said:
                sys.exit(f"soak: {path} answers {status}: {said}")
            self.expected.append(said)
        # What the key-value cache takes, it takes once: unlike prompts touch all of it.
        for number in range(12):
            choices = random.Random(number)
            prompt = [choices.randrange(100, 400) for _ in range(3_000)]
            ask(self.server.port, "/v1/completions", {"prompt": prompt, "max_tokens": 1})
        self.say(f"solo: {len(self.requests)} requests answered, and the key-value cache filled")

    def churn(self, count):
        """Opens and closes connections in every way that a client can."""
        begin = time.monotonic()
        for number in range(count):
            with Client(self.server.port) as client:
                kind = number % 5
                if kind == 1:
                    client.send("GET", "/health")
                    client.read()
                elif kind == 2:
                    client.socket.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: soak\r\nContent-Le")
                elif kind == 3:
                    client.send("GET", "/v1/models")
                    client.socket.shutdown(socket.SHUT_WR)
                elif kind == 4:
                    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    client.send("GET", "/v1/models")
        status, _ = self.get("/health")
        self.judge(status == 200, f"churn: {count:,} connections in {time.monotonic() - begin:.0f} s, then /health is {status}")

    def get(self, path):
        with Client(self.server.port) as client:
            client.send("GET", path)
            return client.read()

    def streams(self):
        """The 99th percentile of the gaps between the events of 8 streams, and the server's processor time an event, in seconds.

        Measured from when all have begun, for `stream_seconds`.
        """
        end, begun = None, 0
        with selectors.DefaultSelector() as selector:
            clients = []
            for seed in range(STREAMS):
                client = Client(self.server.port)
                client.send("POST", "/v1/completions", {
                    "prompt": f"Story {seed}:", "max_tokens": 3_500, "seed": seed, "temperature": 1, "ignore_eos": True,
                    "stream": True})
                selector.register(client.socket, selectors.EVENT_READ, client)
                clients.append(client)
            last, gaps, open_count = {}, [], STREAMS
            while open_count == STREAMS and (end is None or time.monotonic() < end):
                for key, _ in selector.select(60):
                    data, now = key.data.socket.recv(65_536), time.monotonic()
                    if not data or b"[DONE]" in data:
                        open_count -= 1
                        selector.unregister(key.data.socket)
                    elif b"data:" in data:
                        if len(last) == STREAMS:
                            if end is None:
                                end, begun = now + self.stream_seconds, self.server.processor_seconds()
                            gaps.append(now - last.get(key.data, now))
                        last[key.data] = now
            spent = self.server.processor_seconds() - begun
            for client in clients:
                client.socket.close()
        return statistics.quantiles(gaps, n=100)[98], spent / len(gaps)

    def idle(self, count, rounds):
        """Streams without and with idle connections, in turns: other work on this machine meets both alike."""
        self.streams()
        alone, beside, resident = [], [], []
        for _ in range(rounds):
            before = self.server.state()[2]
            alone.append(self.streams())
            lying = []
            try:
                for _ in range(count):
                    client = Client(self.server.port)
                    client.send("GET", "/health")
                    lying.append(client)
                for client in lying:
                    client.read()
                beside.append(self.streams())
                resident.append((self.server.state()[2] - before) / count)
                lost = sum(1 for client in lying if not self.answers(client))
            finally:
                for client in lying:
                    client.socket.close()
            self.judge(lost == 0, f"idle: {count - lost:,} of {count:,} connections answered again")
        ratio, work_ratio = (
            statistics.median(with_them[part] / without[part] for with_them, without in zip(beside, alone)) for part in (0, 1))
        figures = " ".join(f"{with_them[0] * 1e3:.2f}/{without[0] * 1e3:.2f}" for with_them, without in zip(beside, alone))
        self.say(f"idle: {statistics.median(resident) / 1024:.1f} KiB of resident memory a connection")
        # What other programs on this machine take shows in times, and hardly in this.
        self.say(f"idle: the server's processor time an event with / without them: a median ratio of {work_ratio:.3f}")
        self.judge(ratio <= 1 + LATENCY_SLACK,
                   f"idle: p99 between events with / without, ms: {figures}; the median ratio is {ratio:.3f}")

    def answers(self, client):
        try:
            client.send("GET", "/health")
            return client.read()[0] == 200
        except OSError:
            return False

    def mixed(self, seconds):
        counts = {"whole": 0, "slow": 0, "left": 0, "refused": 0}
        different, failed, lock = [], [], threading.Lock()
        end = time.monotonic() + seconds

        def client(number):
            choices = random.Random(number)
            while time.monotonic() < end and self.server.is_alive():
                index = choices.randrange(len(self.requests))
                path, body = self.requests[index]
                kind = choices.choices(["whole", "slow", "left"], [6, 1, 3])[0]
                try:
                    if kind == "left":
                        self.leave(path, body, choices)
                        outcome = kind
                    else:
                        status, said = ask(self.server.port, path, body, (400, 0.01) if kind == "slow" else None)
                        outcome = kind if status == 200 else "refused"
                        if status == 200 and said != self.expected[index]:
                            with lock:
                                different.append((index, said))
                        elif status not in (200, 503):
                            with lock:
                                failed.append(f"{path}: {status} {said[:200]!r}")
                except (OSError, ValueError) as error:
                    outcome = None
                    with lock:
                        failed.append(f"{path}: {error!r}")
                if outcome:
                    with lock:
                        counts[outcome] += 1

        threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        told = ", ".join(f"{count:,} {kind}" for kind, count in counts.items())
        self.say(f"mixed: {CLIENTS} clients for {seconds:.0f} s: {told}")
        for index, said in different[:3]:
            self.say(f"  request {index} is {said}, alone {self.expected[index]}")
        self.judge(not different, f"mixed: {len(different)} replies differ from their solo runs")
        self.judge(not failed, f"mixed: {len(failed)} requests failed {failed[:3] if failed else ''}")
        self.judge(self.server.is_alive(), "mixed: the server lives")

    def leave(self, path, body, choices):
        """Asks, reads a little of the reply, and is gone, with a reset or without."""
        with Client(self.server.port) as client:
            client.send("POST", path, body)
            if choices.random() < 0.5:
                client.socket.recv(choices.randrange(1, 2_000))
            else:
                time.sleep(choices.random() * 0.2)
            if choices.random() < 0.5:
                client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def again(self):
        """The server is what it was: each request is answered alone as at the start."""
        different = [path for (path, body), said in zip(self.requests, self.expected)
                     if ask(self.server.port, path, body) != (200, said)]
        self.judge(not different, f"rest: {len(different)} solo runs differ from the first ones {different or ''}")

    def compare(self, before, after):
        told = "rest: {} {} before, {} after"
        self.judge(after[0] <= before[0], told.format("descriptors", before[0], after[0]))
        self.judge(after[1] <= before[1], told.format("threads", before[1], after[1]))
        self.judge(after[2] <= before[2] * (1 + MEMORY_SLACK),
                   told.format("MiB resident", f"{before[2] / 2**20:.1f}", f"{after[2] / 2**20:.1f}"))
