"""All that a server needs: python serve.py MODEL PICTURE… prints the class of each and how sure the model is.

The file scales pictures and standardises them itself, and has the names of its classes. Neither archc nor PyTorch is
imported.
"""

import json
import sys

import numpy as np
import onnxruntime
from PIL import Image

session = onnxruntime.InferenceSession(sys.argv[1])
classes = json.loads(session.get_modelmeta().custom_metadata_map["classes"])
for path in sys.argv[2:]:
    picture = np.asarray(Image.open(path).convert("L"))[None, :, :, None]
    (scores,) = session.run(None, {session.get_inputs()[0].name: picture})
    print(f"{path}: {classes[scores[0].argmax()]} ({scores[0].max():.1%})")
