"""The child process of the embedded model: llama.cpp's server, closed to all but the parent.

It reads one line of JSON from standard input (the weights' path, the key, the number of threads),
writes its address when the model is loaded and it listens, and ends when its input closes.
Loopback, a random port, a key, no web page, no other site's scripts, a bounded prompt cache, no
log: llama.cpp's own defaults are open in all of these. It imports nothing of Leadline's.
"""

import json
import os
import sys

N_CTX = 16384
N_PARALLEL = 2
CACHE_MIB = 256
SILENT = -1


def serve() -> None:
    asked = json.loads(sys.stdin.readline())
    # without the spin limit any other load on the cores collapses the speed twentyfold; it is read
    # when the library loads
    os.environ["GOMP_SPINCOUNT"] = "1000"
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = asked["weights"]
    params.n_ctx = N_CTX
    params.n_parallel = N_PARALLEL
    params.kv_unified = True
    params.load_mode = xllamacpp.llama_load_mode.LLAMA_LOAD_MODE_NONE
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = asked["threads"]
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [asked["key"]]
    params.cors_origins = "http://127.0.0.1"
    params.ui = False
    params.endpoint_slots = False
    params.cache_ram_mib = CACHE_MIB
    params.verbosity = SILENT
    server = xllamacpp.Server(params)
    sys.stdout.write(f"{server.listening_address}\n")
    sys.stdout.flush()
    sys.stdin.read()
    os._exit(0)  # a graceful end would wait for answers that nobody reads any more


if __name__ == "__main__":
    serve()
