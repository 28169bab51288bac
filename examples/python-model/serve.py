"""
Serves a PyTorch model to congruity over a pipe: copy this file and call serve() with a model of yours (network.py does).

One JSON object a line each way; arrays are { shape, data }, data little-endian float32 in base64.
  first from here   {"sites": [{name, axes, shape, parts}], "fingerprint": text, "backend": text}
  to here           {"id", "inputs": [[token, ...], ...], "capture": [site, ...], "logits": bool,
                     "patches": [{"site", "shape", "mask": base64 of bytes or null, "values": base64}]}
  from here         {"id", "activations": {site: array}, "logits": array}  or  {"id", "error": text}
"""
import base64
import hashlib
import json
import os
import sys
import traceback

import numpy as np
import torch


def encode(tensor):
    array = np.ascontiguousarray(tensor.detach().to(torch.float32).cpu().numpy(), dtype="<f4")
    return {"shape": list(array.shape), "data": base64.b64encode(array.tobytes()).decode("ascii")}


def decode(text, dtype, shape):
    return torch.from_numpy(np.frombuffer(base64.b64decode(text), dtype=dtype).reshape(shape).copy())


def fingerprint(model):
    """Over names, shapes and bytes of everything in the state_dict."""
    digest = hashlib.sha256()
    for name, value in sorted(model.state_dict().items()):
        digest.update(f"{name} {list(value.shape)}\n".encode())
        digest.update(np.ascontiguousarray(value.detach().to(torch.float32).cpu().numpy(), dtype="<f4").tobytes())
    return digest.hexdigest()


class Hook:
    """What happens at the output of one module during a pass: a patch put in, a copy kept."""

    def __init__(self):
        self.patch = None
        self.wanted = False
        self.seen = None

    def __call__(self, module, inputs, output):
        if self.patch is not None:
            values = decode(self.patch["values"], "<f4", self.patch["shape"]).to(output)
            if self.patch["mask"] is not None:
                mask = decode(self.patch["mask"], np.uint8, self.patch["shape"]).to(output.device).bool()
                values = torch.where(mask, values, output)
            output = values
        if self.wanted:
            self.seen = output
        return output


def serve(model, sites, to_inputs=torch.tensor):
    """
    model: a module, in eval mode, that returns logits [rows, classes] or [rows, positions, classes]
    sites: by name, (module whose output it is, axes after the batch axis, their sizes (-1: as the input), axes to take apart)
    to_inputs: from a list of inputs, as JSON has them, to what the model takes
    """
    # what the model prints must not end up among the answers
    out = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="ascii")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def say(message):
        out.write(json.dumps(message) + "\n")
        out.flush()

    hooks = {}
    for name, (module, _, _, _) in sites.items():
        hooks[name] = Hook()
        module.register_forward_hook(hooks[name])
    model.eval()
    say(
        {
            "sites": [{"name": name, "axes": axes, "shape": shape, "parts": parts} for name, (_, axes, shape, parts) in sites.items()],
            "fingerprint": fingerprint(model),
            "backend": f"PyTorch {torch.__version__}",
        }
    )
    for line in sys.stdin:
        request = json.loads(line)
        try:
            patches = {patch["site"]: patch for patch in request["patches"]}
            for name, hook in hooks.items():
                hook.patch = patches.get(name)
                hook.wanted = name in request["capture"]
            with torch.no_grad():
                logits = model(to_inputs(request["inputs"]))
            answer = {"id": request["id"], "activations": {name: encode(hooks[name].seen) for name in request["capture"]}}
            if request["logits"]:
                answer["logits"] = encode(logits)
        except Exception:
            answer = {"id": request["id"], "error": traceback.format_exc(limit=-1)}
        finally:
            for hook in hooks.values():
                hook.seen = None
        say(answer)
