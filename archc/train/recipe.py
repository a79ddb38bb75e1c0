"""The settings of a training run, as data. The module imports no torch; the JSON Schema of a recipe is published."""

from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

Fraction = Annotated[float, Field(ge=0, le=1)]
Probability = Annotated[float, Field(ge=0, lt=1)]
Positive = Annotated[float, Field(gt=0)]
NonNegative = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=1)]
Natural = Annotated[int, Field(ge=0)]

OptimizerName = Literal["sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adadelta", "adam", "adamw"]
ScheduleName = Literal["constant", "step", "cosine", "one_cycle", "triangle", "plateau"]
LossName = Literal["cross_entropy", "mse", "euclidean", "multi_margin"]
Precision = Literal["auto", "fp32", "tf32", "bf16", "fp16"]

LEARNING_RATES: Mapping[str, float] = MappingProxyType(
    {
        "sgd": 0.05,
        "momentum": 0.05,
        "nesterov": 0.05,
        "adagrad": 0.01,
        "rmsprop": 0.001,
        "adadelta": 1.0,
        "adam": 0.001,
        "adamw": 0.001,
    }
)
TAKES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "sgd": frozenset({"momentum"}),
        "momentum": frozenset({"momentum"}),
        "nesterov": frozenset({"momentum"}),
        "adagrad": frozenset({"eps", "eps_in_root"}),
        "rmsprop": frozenset({"momentum", "rho", "eps", "eps_in_root"}),
        "adadelta": frozenset({"rho", "eps"}),
        "adam": frozenset({"betas", "eps"}),
        "adamw": frozenset({"betas", "eps"}),
    }
)


class Settings(BaseModel):
    """Unknown keys are refused, and so are NaN and infinity. The words of a choice may be in upper or lower case."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _in_any_case(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        return {
            key: value.lower() if isinstance(value, str) and value.lower() in words_of(cls, key) else value
            for key, value in given.items()
        }


@cache
def words_of(model: type[BaseModel], key: Any) -> frozenset[str]:
    """The words that a setting may be; empty for a setting that takes other values."""
    field = model.model_fields.get(key)
    return frozenset(_words(field.annotation)) if field is not None else frozenset()


def _words(annotation: Any) -> Iterator[str]:
    for one in get_args(annotation):
        if isinstance(one, str):
            yield one
        else:
            yield from _words(one)


def _named(value: Any) -> Any:
    """`loss = "mse"` for `loss.name = "mse"`."""
    return {"name": value} if isinstance(value, str) else value


def _fit_named(value: Any) -> Any:
    """`resize` is an older name of `squeeze`."""
    return "squeeze" if value == "resize" else value


class Channels(Settings):
    """Given statistics: (x − mean) / std of values in [0, 1], one for each channel or one for all."""

    mean: tuple[float, ...] = Field(min_length=1)
    std: tuple[Positive, ...] = Field(min_length=1)


class Data(Settings):
    """The images. archc looks for their files in `path`, $ARCHC_DATA/NAME, data/NAME and the cache folder."""

    name: str = Field("digits", min_length=1, description="A set's name, a folder of images or a .npz file.")
    path: str | None = Field(None, description="The folder or file that holds the set.")
    download: bool | None = Field(
        None, description="Download missing files of a published set. Default: yes, unless `path` is given."
    )
    validation: Probability = Field(0.1, description="The share of the training images that is kept for validation.")
    normalise: Literal["unit", "standard", "symmetric"] | Channels = Field(
        "standard",
        description="unit: to [0, 1]; standard: by channel with the mean and standard deviation of the training "
        "set; symmetric: to [−1, 1]; or the mean and std that are given.",
    )
    fit: Annotated[Literal["crop", "squeeze", "pad"] | None, BeforeValidator(_fit_named)] = Field(
        None,
        description="How images are fitted to the input size of the net. crop: image files are resized, keeping their "
        "proportions, until they cover it, and arrays keep their size; then the middle is cut out (in training, from "
        "arrays, at a random place). squeeze: resized without keeping the proportions. pad: black is added around. "
        "Default: crop for files, squeeze for arrays.",
    )
    layout: str | None = Field(
        None,
        pattern="^N[CDHWL]*$",
        description="The axes of a .npz file's images, as NCL, NHWC or NDHW: N is the image, C the channels. Default: "
        "the only layout that fits the net.",
    )
    train_size: Count | None = Field(
        None, description="Use only this many training images, each class in proportion; `shapes` draws this many."
    )
    test_size: Count | None = Field(
        None, description="Use only this many test images, each class in proportion; `shapes` draws this many."
    )
    resident: bool | None = Field(None, description="Keep the whole set on the device. Default: if it fits.")
    workers: Natural = Field(0, description="Processes that read images of a set that is not resident.")


class Augment(Settings):
    """Augmentation of the training images, in batches on the device. Mixup and CutMix make soft targets."""

    flip: bool | Literal["alternating"] = Field(
        False,
        description="Flip left and right, half of the images at random; alternating: each image in every other epoch "
        "(Jordan 2024).",
    )
    shift: Natural = Field(0, description="Pad by this many pixels and crop at random.")
    fill: Literal["zero", "reflect", "edge"] = Field("zero", description="What `shift` pads with.")
    resized_crop: tuple[Positive, Positive] | None = Field(
        None, description="Smallest and largest share of the area that a random resized crop keeps."
    )
    ratio: tuple[Positive, Positive] = Field((3 / 4, 4 / 3), description="Width to height of such a crop.")
    rotate: Annotated[float, Field(ge=0, le=180)] = Field(
        0.0, description="The largest angle of a random rotation, in degrees."
    )
    cutout: Natural = Field(0, description="The side of a square that is set to the mean (DeVries & Taylor 2017).")
    brightness: Fraction = 0.0
    contrast: Fraction = 0.0
    saturation: Fraction = 0.0
    mixup: NonNegative = Field(0.0, description="α of Beta(α, α) (Zhang et al. 2018).")
    cutmix: NonNegative = Field(0.0, description="α of Beta(α, α) (Yun et al. 2019).")

    @model_validator(mode="after")
    def _ranges(self) -> "Augment":
        if self.resized_crop is not None and not self.resized_crop[0] <= self.resized_crop[1] <= 1:
            raise ValueError("resized_crop takes two shares of the area, the smaller one first, up to 1")
        if self.ratio[0] > self.ratio[1]:
            raise ValueError("ratio takes the smaller one first")
        return self


class Loss(Settings):
    """multi_margin is the SVM's loss. auxiliary: the weight of each further output in training."""

    name: LossName = "cross_entropy"
    label_smoothing: Probability = 0.0
    margin: Positive = 1.0
    scale: Positive = Field(
        1.0,
        description="A factor of the loss. multi_margin is a mean over the classes; their number makes it a sum.",
    )
    auxiliary: NonNegative | dict[str, NonNegative] = Field(
        0.3, description="One weight for all heads, or one for each by name."
    )

    @model_validator(mode="after")
    def _fits(self) -> "Loss":
        if self.label_smoothing and self.name != "cross_entropy":
            raise ValueError(f"label_smoothing belongs to cross_entropy, not {self.name}")
        return self


class Optimizer(Settings):
    """Settings that are not given have torch's defaults. weight_decay is L2 in the gradient; AdamW decouples it.

    l1_decay, l2_decay: decay in the gradient, by ConvNetJS's names: one number, or one for each parameter by name,
    where parameters that are not listed do not decay. One number leaves norms and biases alone unless decay_all is set.
    """

    name: OptimizerName = "adamw"
    lr: Positive | None = Field(None, description="Default: depends on the optimiser.")
    momentum: Probability | None = Field(None, description="Default: 0.9 for momentum and nesterov, else 0.")
    betas: tuple[Probability, Probability] | None = None
    rho: Probability | None = Field(None, description="The decay of AdaDelta's and RMSProp's averages.")
    eps: Positive | None = None
    eps_in_root: bool = Field(
        False,
        description="adagrad, rmsprop: divide by sqrt(sum + eps), as ConvNetJS does, not by sqrt(sum) + eps.",
    )
    weight_decay: NonNegative | None = Field(None, description="Default: 0.01 for adamw, else 0.")
    l1_decay: NonNegative | dict[str, NonNegative] = 0.0
    l2_decay: NonNegative | dict[str, NonNegative] = 0.0
    decay_all: bool = Field(False, description="Decay norms and biases too.")
    rates: dict[str, Positive] = Field(
        default_factory=dict,
        description="Factors of the learning rate for parameters by name, as `*.bias`; their decay stays the same.",
    )
    max_norm: Positive | None = Field(None, description="The largest norm of the incoming weights of a unit.")
    clip_norm: Positive | None = Field(None, description="The largest norm of all gradients together.")
    clip_value: Positive | None = Field(None, description="The largest absolute value in a gradient.")

    @model_validator(mode="after")
    def _fits(self) -> "Optimizer":
        for name in ("momentum", "betas", "rho", "eps", "eps_in_root"):
            if getattr(self, name) not in (None, False) and name not in TAKES[self.name]:
                raise ValueError(f"{self.name} takes no {name}; it takes {', '.join(sorted(TAKES[self.name]))}")
        if self.name == "nesterov" and self.momentum == 0:
            raise ValueError("nesterov looks ahead by its momentum, which is 0 here; use sgd")
        if self.weight_decay and self.l2_decay:
            raise ValueError("weight_decay and l2_decay are the same here; give one of them")
        if self.name == "adamw" and self.l2_decay:
            raise ValueError("the decay of adamw is decoupled: use weight_decay; l2_decay is for other optimisers")
        return self

    def resolved(self) -> "Optimizer":
        """The settings with archc's defaults filled in; what remains None has torch's default."""
        momentum = 0.9 if self.name in ("momentum", "nesterov") else None
        return self.model_copy(
            update={
                "lr": self.rate,
                "momentum": momentum if self.momentum is None else self.momentum,
                "weight_decay": self.decay,
            }
        )

    @property
    def rate(self) -> float:
        return LEARNING_RATES[self.name] if self.lr is None else self.lr

    @property
    def decay(self) -> float:
        if self.weight_decay is None:
            return 0.01 if self.name == "adamw" else 0.0  # torch's own
        return self.weight_decay


class Schedule(Settings):
    """The learning rate over the run, set before each update. Epochs may be fractions."""

    name: ScheduleName = "one_cycle"
    warmup: NonNegative = Field(0.0, description="Epochs of linear warm-up; one_cycle has its own.")
    every: Positive = Field(1.0, description="step: epochs between two reductions.")
    at: tuple[Positive, ...] = Field((), description="step: the epochs of the reductions, instead of `every`.")
    gamma: Annotated[float, Field(gt=0, le=1)] = Field(0.1, description="step, plateau: the factor of a reduction.")
    final: Fraction = Field(0.0, description="cosine, triangle: the last rate, as a share of lr.")
    rise: Annotated[float, Field(gt=0, lt=1)] = Field(
        0.3, description="one_cycle, triangle: the share of the run in which the rate rises."
    )
    start_divisor: Positive = Field(25.0, description="one_cycle, triangle: the first rate is lr / start_divisor.")
    end_divisor: Positive = Field(1e4, description="one_cycle: the last rate is the first one / end_divisor.")
    patience: Natural = Field(10, description="plateau: epochs without a better validation loss before a reduction.")

    @model_validator(mode="after")
    def _fits(self) -> "Schedule":
        if self.warmup and self.name in ("one_cycle", "triangle"):
            raise ValueError(f"{self.name} has its own warm-up: `rise`")
        if list(self.at) != sorted(self.at):
            raise ValueError("`at` takes epochs in ascending order")
        return self


class Init(Settings):
    """The initial values of the weights."""

    name: Literal[
        "torch",
        "glorot_uniform",
        "glorot_normal",
        "he_uniform",
        "he_normal",
        "lecun_normal",
        "dirac",
        "zeros",
        "constant",
    ] = Field(
        "torch", description="dirac: a convolution's first filters pass their input on (Zagoruyko & Komodakis 2017)."
    )
    value: float = Field(0.0, allow_inf_nan=False, description="constant: the value of every weight.")
    biases: dict[str, float] = Field(
        default_factory=dict,
        description="Initial values of parameters by name, which replace those above: `conv1.bias` at 0.1.",
    )
    zero_gamma: bool = Field(
        False, description="The last norm of each residual branch starts at zero (Goyal et al. 2017)."
    )
    whiten: str | None = Field(
        None,
        description="The name of the first convolution; its filters start as those that whiten patches (Page 2018).",
    )

    @property
    def scheme(self) -> str:
        """In one word: `he_normal`, `constant=0.01`."""
        return f"constant={self.value!r}" if self.name == "constant" else self.name


class EarlyStop(Settings):
    """Stop when the metric has not improved for `patience` epochs."""

    patience: Natural = Field(0, description="0: never.")
    least: NonNegative = Field(0.0, description="The smallest change that counts as an improvement.")


class Lookahead(Settings):
    """Every few updates the weights are pulled back to a slow average of them (Zhang et al. 2019).

    The share of the slow average is decay · (done / total) ** power; after the last update it is 1.
    """

    every: Count = 5
    decay: Probability = Field(0.95**5, description="The share of the slow average towards the end.")
    power: NonNegative = 3.0


class Resizing(Settings):
    """Images of another size for a part of the run, for nets that end in global pooling."""

    until: Annotated[float, Field(gt=0, le=1)] = Field(description="The end of this part, as a share of the run.")
    size: Count = Field(description="Height and width in pixels.")


class Distributed(Settings):
    """strategy: ddp keeps the net on every rank, fsdp (FSDP2) shards it."""

    strategy: Literal["ddp", "fsdp"] = "ddp"
    sync_bn: bool = Field(True, description="Batch norm over the images of all ranks, as in one process.")


class Checkpoints(Settings):
    """When a checkpoint is saved."""

    every_steps: Natural = Field(0, description="Updates between two checkpoints; 0: only at the ends of epochs.")
    every_epochs: Count = Field(1, description="Epochs between two checkpoints.")
    keep: Count = 2


class Recipe(Settings):
    """One training run. `batch` is the number of images of one update, over all ranks and accumulated parts."""

    model_config = ConfigDict(title="archc training recipe")

    data: Annotated[Data, BeforeValidator(_named)] = Field(default_factory=Data)
    augment: Augment | None = Field(None, description="Default: what suits the set.")
    loss: Annotated[Loss, BeforeValidator(_named)] = Field(default_factory=Loss)
    optimizer: Annotated[Optimizer, BeforeValidator(_named)] = Field(default_factory=Optimizer)
    schedule: Annotated[Schedule, BeforeValidator(_named)] = Field(default_factory=Schedule)
    init: Annotated[Init, BeforeValidator(_named)] = Field(default_factory=Init)
    freeze: tuple[str, ...] = Field(
        (),
        description="Parameters that are not trained, by name: `stem.*`. A norm keeps and uses its running statistics "
        "if all of its parameters are frozen, or if its running_mean is listed.",
    )
    lookahead: Lookahead | None = None
    ema: Probability = Field(
        0.0, description="Decay of an exponential moving average of the weights, which is then evaluated."
    )
    epochs: Count = 20
    steps: Count | None = Field(None, description="Number of updates, instead of `epochs`.")
    batch: Count = 128
    accumulate: Count = Field(1, description="Number of parts that a batch is computed in, to save memory.")
    eval_batch: Count = 512
    views: Literal["one", "flip", "crops"] = Field(
        "one",
        description="Test-time augmentation. one: none; flip: also the mirror image; crops: also both, moved a pixel.",
    )
    precision: Precision = Field("auto", description="auto: bf16 if the device has units for it, else fp32.")
    compile: bool = False
    channels_last: bool = True
    seed: Natural = 0
    early_stop: EarlyStop = Field(default_factory=EarlyStop)
    progressive: tuple[Resizing, ...] = ()
    checkpoints: Checkpoints = Field(default_factory=Checkpoints)
    distributed: Distributed = Field(default_factory=Distributed)

    @model_validator(mode="after")
    def _fits(self) -> "Recipe":
        if self.accumulate > self.batch:
            raise ValueError(f"a batch of {self.batch} cannot be computed in {self.accumulate} parts")
        if [part.until for part in self.progressive] != sorted(part.until for part in self.progressive):
            raise ValueError("progressive takes its parts in ascending order of `until`")
        soft = self.augment is not None and (self.augment.mixup or self.augment.cutmix)
        if soft and self.loss.name == "multi_margin":
            raise ValueError("mixup and cutmix make soft targets, but multi_margin takes one class")
        if self.lookahead is not None and self.distributed.strategy == "fsdp":
            raise ValueError("lookahead needs whole weights, but fsdp shards them")
        if self.init.whiten is not None and self.distributed.strategy == "fsdp":
            raise ValueError("init.whiten needs whole weights, but fsdp shards them")
        return self


def schema() -> dict[str, Any]:
    """The JSON Schema of a recipe, as grammar/recipe.schema.json publishes it."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Recipe.model_json_schema()}
