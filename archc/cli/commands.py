"""The commands with their groups, summaries and examples, known without reading their options."""

GROUPS = {
    "Look": ("check", "draw", "diff", "expand", "explain", "look", "specs"),
    "Change": ("fmt", "import", "solve"),
    "Build": ("export", "weights", "predict", "eval", "bench"),
    "Train": ("train", "runs", "demo"),
}
"""The commands as `archc --help` groups them."""
COMMANDS = tuple(name for names in GROUPS.values() for name in names)
"""Each is the module and the function of its name in this package; `import`, which Python has, is `import_`."""
SUMMARIES = {
    "bench": "Time a network in ONNX Runtime.",
    "check": "Check shapes, parameters, costs and what is stated of them.",
    "demo": "Check, draw, train, export and ask a small network.",
    "diff": "Tell what makes net B out of net A.",
    "draw": "Draw a network.",
    "eval": "Count how often a model is right.",
    "expand": "Print a network as flat source: a line a layer, with its shape.",
    "explain": "Say what the code of a diagnostic means, with an example.",
    "export": "Write a network as PyTorch, ONNX or safetensors.",
    "fmt": "Rewrite sources in the one layout.",
    "import": "Print a network of another notation as .arch.",
    "look": "Draw feature maps, filters or gradient norms of a network.",
    "predict": "Name what is in pictures.",
    "runs": "Compare runs of training.",
    "solve": "Fill every `?` of a source from what it states.",
    "specs": "List the bundled networks.",
    "train": "Train a network by a recipe.",
    "weights": "Match the weights of a file with a network: by names, or else where shapes leave one way.",
}
"""The line of each command in `archc --help`: the first sentence of its own help."""
EXAMPLES = {
    "bench": ("archc bench net.onnx", "archc bench net.onnx --batch 1,8 --threads 1,2"),
    "check": ("archc check resnet34", "archc check net.arch --input 160x160 -p classes=10"),
    "demo": ("archc demo", "archc demo FOLDER --seed 1"),
    "diff": ("archc diff resnet18 resnet34", "archc diff old.arch new.arch --markdown"),
    "draw": ("archc draw resnet34", "archc draw vgg -o vgg.png --style vgg"),
    "eval": ("archc eval net.onnx photos/", "archc eval net.arch photos/ --weights net.safetensors"),
    "expand": ("archc expand lenet5", "archc expand vgg::D"),
    "explain": ("archc explain shape-refuted", "archc explain"),
    "export": ("archc export net.arch -o net.py", "archc export resnet50 --weights resnet50.pth -o resnet50.onnx"),
    "fmt": ("archc fmt net.arch", "archc fmt --check *.arch"),
    "import": ("archc import net.onnx -o net.arch", "archc import demo.js"),
    "look": (
        "archc look lenet5 --weights W.safetensors --image I.png -o maps.png",
        "archc look lenet5 --weights W.safetensors --what filters -o filters.png",
    ),
    "predict": ("archc predict net.onnx photo.jpg", "archc predict net.onnx photos/ --top 3 --json"),
    "runs": ("archc runs", "archc runs runs/a runs/b"),
    "solve": ("archc solve net.arch", "archc solve net.arch -i"),
    "specs": ("archc specs", "archc specs resnet"),
    "train": ("archc train lenet5 --data mnist", "archc train net.arch --data photos/ --set epochs=30 --gpu"),
    "weights": ("archc weights map resnet50 resnet50.pth", "archc weights map resnet50 resnet50.pth -o W.safetensors"),
}
