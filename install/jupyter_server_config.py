# What "innkeeper lab" adds to the settings of its Jupyter server: pictures go to the
# browser at once. Without this the system holds a small message back until the browser
# has acknowledged the one before, which takes it up to 40 ms (Nagle's algorithm, RFC 896,
# and delayed acknowledgements, RFC 1122, section 4.2.3.2).
# A server that has no such handler any more does without.
try:
    from jupyter_server.services.kernels.websocket import KernelWebsocketHandler
except ImportError:
    KernelWebsocketHandler = None


def at_once(opened):
    async def open(self, *args, **kwargs):
        self.set_nodelay(True)
        await opened(self, *args, **kwargs)

    return open


if KernelWebsocketHandler:
    KernelWebsocketHandler.open = at_once(KernelWebsocketHandler.open)
