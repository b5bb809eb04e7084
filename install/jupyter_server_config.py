# What "innkeeper lab" adds to the settings of its Jupyter server: pictures go to the
# browser at once. Without this the system holds a small message back until the browser
# has acknowledged the one before, which takes it up to 40 ms (Nagle's algorithm, RFC 896,
# and delayed acknowledgements, RFC 1122, section 4.2.3.2).
from jupyter_server.services.kernels.websocket import KernelWebsocketHandler


def at_once(opened):
    async def open(self, *args, **kwargs):
        self.set_nodelay(True)
        await opened(self, *args, **kwargs)

    return open


KernelWebsocketHandler.open = at_once(KernelWebsocketHandler.open)
