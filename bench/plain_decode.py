"""Decode every picture and every sound frame of a recording, and do nothing with them."""

import sys

import av


def decode(path: str, threads: int = 0) -> int:
    frames = 0
    with av.open(path) as container:
        streams = [*container.streams.video[:1], *container.streams.audio[:1]]
        for stream in container.streams.video[:1]:
            stream.codec_context.thread_type = "AUTO"
            stream.codec_context.thread_count = threads
        for packet in container.demux(streams):
            frames += len(packet.decode())
    return frames


if __name__ == "__main__":
    decode(sys.argv[1])
