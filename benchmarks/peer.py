"""The peer: the same networks, losses and optimiser in PyTorch with FrEIA's layers.

    python peer.py eager|compile NETWORK

NETWORK is the JSON that main.go writes. Requests come as lines on standard
input, `train SECONDS`, `sample SECONDS`, `mmd SECONDS` and `memory`, and each is
answered by a line of JSON. What can be chosen (threads, batches of sampling,
the compiler's mode) is tried first and the fastest kept.
"""
import json
import os
import sys
import time
import warnings

import torch

warnings.filterwarnings("ignore")
import FrEIA.framework as Ff
import FrEIA.modules as Fm


def peak_memory():
    """Largest resident memory of this process so far, MB."""
    for line in open("/proc/self/status"):
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024


IMPORTED = peak_memory()
clock = time.perf_counter


def network(a):
    def perceptron(inputs, outputs):
        sizes = [inputs] + [a["Width"]] * (a["Layers"] - 1) + [outputs]
        layers = []
        for i, o in zip(sizes, sizes[1:]):
            layers += [torch.nn.Linear(i, o), torch.nn.LeakyReLU(inplace=True)]
        layers[-2].weight.data *= 0.1  # a coupling starts near the identity, as ours does
        return torch.nn.Sequential(*layers[:-1])

    inn = Ff.SequenceINN(a["Nominal"])
    for i in range(a["Blocks"]):
        if i > 0:
            inn.append(Fm.PermuteRandom, seed=i)
        inn.append(Fm.GLOWCouplingBlock, subnet_constructor=perceptron, clamp=a["Clamp"])
    return inn


def mean_kernel(u, v, widths):
    """Mean inverse multiquadratic over all pairs of rows."""
    d2 = torch.addmm(u.square().sum(1, keepdim=True) + v.square().sum(1), u, v.t(), alpha=-2).clamp_min(0)
    return sum((h * h / (d2 + h * h)).mean() for h in widths)


def mmd(a, b, widths):
    with torch.no_grad():
        bb = mean_kernel(b, b, widths)
    return mean_kernel(a, a, widths) + bb - 2 * mean_kernel(a, b, widths)


class Trainer:
    def __init__(self, a):
        self.a = a
        torch.manual_seed(0)
        self.x, self.y = torch.randn(a["Pairs"], a["D"]), torch.randn(a["Pairs"], a["M"])
        self.inn = network(a)
        self.weights = [p for p in self.inn.parameters() if p.requires_grad]
        self.adam = torch.optim.Adam(self.weights, lr=1e-4, betas=(0.9, 0.95), eps=1e-6, weight_decay=1e-5, fused=True)
        self.loss = self.losses
        self.order, self.at = None, 0

    def losses(self, x, y):
        a, inn, n = self.a, self.inn, len(x)
        M, K, D, N = a["M"], a["K"], a["D"], a["Nominal"]
        noise = lambda cols, sd: sd * torch.randn(n, cols)
        widths = a["Widths"]
        y = y + noise(M, 0.02)
        xin = torch.cat([x, noise(N - D, 0.05)], 1)
        out, _ = inn(xin, jac=False)
        got_y, pad, z = out[:, :M], out[:, M:N - K], out[:, N - K:]
        ly = 10 * (got_y - y).square().sum() / n
        lz = 100 * mmd(torch.cat([got_y.detach(), z], 1), torch.cat([y, noise(K, 1)], 1), widths)
        lpad = pad.square().sum() / n

        # Both ways back at once, since few large operations suit the peer best.
        latent = torch.cat([y, noise(N - M - K, 0.05), noise(K, 1)], 1)
        again = torch.cat([got_y.detach() + noise(M, 0.02), noise(N - M - K, 0.05), z.detach() + noise(K, 0.02)], 1)
        both, _ = inn(torch.cat([latent, again]), rev=True, jac=False)
        back = both[:n]
        lx = 100 * mmd(back[:, :D], x, widths)
        lpad = lpad + back[:, D:].square().sum() / n
        lrecon = (both[n:, :D] - x).square().sum() / n
        return ly + lz + lx + lpad + lrecon

    def step(self):
        n = self.a["Batch"]
        if self.order is None or self.at + n > len(self.order):
            self.order, self.at = torch.randperm(len(self.x)), 0
        pick = self.order[self.at:self.at + n]
        self.at += n
        self.adam.zero_grad(set_to_none=True)
        self.loss(self.x[pick], self.y[pick]).backward()
        torch.nn.utils.clip_grad_norm_(self.weights, 10)
        self.adam.step()


class Sampler:
    draws = 10000

    def __init__(self, a, inn):
        self.a, self.inn, self.rows = a, inn, self.draws
        self.y = torch.randn(a["M"])
        self.scale, self.shift = torch.rand(a["D"]) + 1, torch.randn(a["D"])
        self.some = self.part

    def part(self, n):
        a = self.a
        pad = a["Nominal"] - a["M"] - a["K"]
        v = torch.cat([self.y.expand(n, -1), torch.zeros(n, pad), torch.randn(n, a["K"])], 1)
        x, _ = self.inn(v, rev=True, jac=False)
        return x[:, :a["D"]] * self.scale + self.shift

    def all(self):
        with torch.inference_mode():
            return torch.cat([self.some(self.rows) for _ in range(self.draws // self.rows)])


class Discrepancy:
    def __init__(self, a):
        self.a = torch.randn(500, 16, requires_grad=True)
        self.b = torch.randn(500, 16)
        self.f = lambda a, b: mmd(a, b, [0.5, 1, 2])

    def both(self):
        self.a.grad = None
        self.f(self.a, self.b).backward()


def measure(f, seconds, least=1):
    """Calls f for so long; returns how often and how long."""
    count, start = 0, clock()
    while True:
        f()
        count += 1
        took = clock() - start
        if took >= seconds and count >= least:
            return count, took


def fastest(candidates, seconds):
    """candidates are (name, set, f): sets each, warms up, times f three times in
    turns, sets the fastest again and returns its name."""
    best = {}
    for turn in range(4):
        for name, choose, f in candidates:
            choose()
            count, took = measure(f, seconds if turn else 0, 1 if turn else 2)
            if turn:
                best[name] = max(best.get(name, 0), count / took)
    name = max(best, key=best.get)
    for n, choose, f in candidates:
        if n == name:
            choose()
            f()
    return name


def main():
    mode, a = sys.argv[1], json.loads(sys.argv[2])
    tune = a["Tune"]  # seconds for each candidate
    threads_to_try = (2, 1)
    if a["Processor"]:  # seconds of the processor, of which threads that wait take some too
        global clock
        clock, threads_to_try = time.process_time, (1,)
    notes = {}
    # Denormals cost; flushing them is free.
    torch.set_flush_denormal(True)

    def choices(holder, name, f):
        """Ways to run holder's f, which calls holder.<name>. The compiler gets the threads
        that are fastest without it: to compile for each number of them takes too long."""
        original = getattr(holder, name)

        def plain(threads):
            def choose():
                torch.set_num_threads(threads)
                setattr(holder, name, original)
            return f"{threads} threads", choose, f

        made = [plain(threads) for threads in threads_to_try]
        if mode == "eager":
            return made
        threads = int(fastest(made, tune).split()[0])
        compiled = []
        for compiler in a["Compilers"]:
            function = torch.compile(original, dynamic=False, mode=compiler)

            def choose(function=function):
                torch.set_num_threads(threads)
                setattr(holder, name, function)
            compiled.append((f"{threads} threads, {compiler}", choose, f))
        return compiled

    answers = {}
    if a["Batch"]:
        trainer = Trainer(a)
        notes["train"] = fastest(choices(trainer, "loss", trainer.step), tune)
        answers["train"] = trainer.step
        sampler = Sampler(a, trainer.inn)
    else:
        d = Discrepancy(a)
        notes["mmd"] = fastest(choices(d, "f", d.both), tune)
        answers["mmd"] = d.both
    intel = " with Intel's kernels" if "mkl.so" in os.environ.get("LD_PRELOAD", "") else ""  # see benchmarks/run
    blas = f"MKL{intel}" if torch.backends.mkl.is_available() else "no MKL"
    blas += ", oneDNN" if torch.backends.mkldnn.is_available() else ""
    print(json.dumps({"Version": f"torch {torch.__version__}, {blas}, {torch.backends.cpu.get_cpu_capability()}", "Imported": IMPORTED, "Notes": notes}), flush=True)

    for line in sys.stdin:
        what, *arg = line.split()
        reply = {}
        if what == "memory":
            reply = {"Memory": peak_memory()}
        else:
            if what == "sample" and what not in answers:
                torch._dynamo.reset()
                candidates = []
                for rows in (2000, 10000):
                    for name, choose, f in choices(sampler, "some", sampler.all):
                        def both(rows=rows, choose=choose):
                            sampler.rows = rows
                            choose()
                        candidates.append((f"{name}, {rows} rows", both, f))
                notes["sample"] = fastest(candidates, tune)
                answers["sample"] = sampler.all
            count, took = measure(answers[what], float(arg[0]))
            reply = {"Count": count, "Seconds": took, "Note": notes[what]}
        print(json.dumps(reply), flush=True)


main()
