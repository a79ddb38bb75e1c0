"""The codes of diagnostics: every kind of mistake once, and what other rooms ask of it.

A new kind of mistake is a member here, and an entry in `catalogue.toml`. `Diagnostic` takes no bare text for its code.
"""

from enum import Enum, StrEnum, auto


class Trait(Enum):
    """What holds of every mistake of a kind."""

    TEXT = auto()
    """Found before any of the text has a meaning. The tree has a gap there."""
    HIDES = auto()
    """What follows it was not checked: once mended, other mistakes may show."""
    LOCAL = auto()
    """Shows in one call or definition alone, whatever stands around it."""
    FILES = auto()
    """A used file was not read: names that it would bring are missing."""
    ROWS = auto()
    """Of one row of a table."""
    SIZES = auto()
    """Of heights and widths: no other channel count mends it."""
    CHANNELS = auto()
    """Of channel counts: the layer that set them is shown."""
    CLAIM = auto()
    """Something that the source states does not hold; the net itself is whole."""
    WHOLE = auto()
    """Found in the text and read past: the tree is as it was meant, without a gap."""
    ENDS = auto()
    """Past it the rest of the source is not looked at."""


class Code(StrEnum):
    """The kind of a diagnostic, as JSON and SARIF have it: stable, in kebab case."""

    traits: frozenset[Trait]

    def __new__(cls, value: str, *traits: Trait) -> "Code":
        member = str.__new__(cls, value)
        member._value_ = value
        member.traits = frozenset(traits)
        return member

    AMBIGUOUS_LAYOUT = "ambiguous-layout"
    ASSIGNMENT = "assignment", Trait.TEXT
    BAD_CHECKPOINT = "bad-checkpoint"
    BAD_DATA = "bad-data"
    BAD_DOWNLOAD = "bad-download"
    BAD_EXPORT = "bad-export"
    BAD_IMAGE = "bad-image"
    BAD_INPUTS = "bad-inputs"
    BAD_LABELS = "bad-labels"
    BAD_LAYOUT = "bad-layout"
    BAD_METADATA = "bad-metadata"
    BAD_NAMING = "bad-naming"
    BAD_ONNX = "bad-onnx"
    BAD_RECIPE = "bad-recipe"
    BAD_RUN = "bad-run"
    BAD_SETTING = "bad-setting"
    BAD_VALUE = "bad-value", Trait.HIDES, Trait.LOCAL
    BAD_WEIGHTS = "bad-weights"
    BRANCH_BARS = "branch-bars", Trait.TEXT
    CANCELLED_BIAS = "cancelled-bias"
    CANNOT_COMPILE = "cannot-compile"
    CANNOT_SAVE = "cannot-save"
    CHANNEL_MISMATCH = "channel-mismatch", Trait.CHANNELS
    CHANNELS_FIRST = "channels-first", Trait.HIDES
    CHANNELS_LAST = "channels-last"
    DANGLING = "dangling", Trait.TEXT, Trait.HIDES
    DEAD_BRANCH = "dead-branch"
    DIVISION_BY_ZERO = "division-by-zero"
    DROPPED_VALUE = "dropped-value"
    ELSE = "else", Trait.TEXT
    EMPTY_HEADER = "empty-header"
    EMPTY_NET = "empty-net"
    FIGURE_REFUTED = "figure-refuted", Trait.CLAIM
    FIXED_SIZE = "fixed-size"
    FIXES_A_PARAMETER = "fixes-a-parameter"
    FOREIGN_CHARACTER = "foreign-character", Trait.TEXT
    FOREIGN_COMMENT = "foreign-comment", Trait.TEXT
    FOREIGN_FILE = "foreign-file"
    FORMAT_REFUSED = "format-refused"
    GIVEN_TWICE = "given-twice", Trait.HIDES, Trait.LOCAL
    GROUPS_DO_NOT_DIVIDE = "groups-do-not-divide", Trait.HIDES, Trait.CHANNELS
    HIDDEN_NAME = "hidden-name"
    HOLE = "hole"
    INPUT_IN_BLOCK = "input-in-block"
    JOIN_MISMATCH = "join-mismatch"
    JOINED_TWICE = "joined-twice"
    LAYERS_IN_BRACKETS = "layers-in-brackets", Trait.TEXT
    LEARNS_A_CONSTANT = "learns-a-constant"
    LEARNT_OR_FIXED = "learnt-or-fixed"
    LET_ENDS = "let-ends"
    LIMIT_DIGITS = "limit-digits"
    LIMIT_FILES = "limit-files", Trait.FILES, Trait.ENDS
    LIMIT_NAME = "limit-name"
    LIMIT_NESTING = "limit-nesting"
    LIMIT_NODES = "limit-nodes"
    LIMIT_NUMBER = "limit-number"
    LIMIT_SOURCE = "limit-source"
    LIMIT_TOKENS = "limit-tokens"
    LIMIT_VALUES = "limit-values", Trait.ENDS
    LINE_END = "line-end", Trait.WHOLE
    LOST_RANK = "lost-rank"
    MISPLACED_STRIDE = "misplaced-stride", Trait.HIDES
    MISSING_ARGUMENT = "missing-argument", Trait.HIDES
    MISSING_BRANCH = "missing-branch", Trait.HIDES
    MISSING_COMMA = "missing-comma", Trait.TEXT
    MISSING_INPUT = "missing-input"
    MISSING_SEMICOLON = "missing-semicolon", Trait.TEXT
    NAME_TWICE = "name-twice", Trait.LOCAL
    NO_CHECKPOINT = "no-checkpoint"
    NO_CLASSIFIER = "no-classifier"
    NO_COLUMNS = "no-columns"
    NO_DATA = "no-data"
    NO_DEVICE = "no-device"
    NO_FILE = "no-file", Trait.FILES
    NO_GPU = "no-gpu"
    NO_LAYER = "no-layer"
    NO_NET = "no-net"
    NO_NETWORK = "no-network"
    NO_PICTURES = "no-pictures"
    NO_RECIPE = "no-recipe"
    NO_RUN = "no-run"
    NO_SOLUTION = "no-solution"
    NO_STRIDE = "no-stride"
    NO_SUCH_ITEM = "no-such-item"
    NO_SUCH_NET = "no-such-net"
    NON_FINITE = "non-finite"
    NOT_A_CONDITION = "not-a-condition"
    NOT_A_COUNT = "not-a-count", Trait.HIDES
    NOT_A_FIGURE = "not-a-figure", Trait.ROWS
    NOT_A_JOIN = "not-a-join", Trait.HIDES
    NOT_A_LAYER = "not-a-layer", Trait.ROWS
    NOT_A_LIST = "not-a-list", Trait.HIDES
    NOT_A_NUMBER = "not-a-number", Trait.HIDES
    NOT_A_SHAPE = "not-a-shape"
    NOT_COMPARABLE = "not-comparable"
    NOT_DATA = "not-data"
    NOT_TEXT = "not-text", Trait.FILES
    NOTHING_TO_NORMALISE = "nothing-to-normalise"
    NUMBER_FORMAT = "number-format", Trait.TEXT
    OTHER_ARCHITECTURE = "other-architecture"
    OTHER_DATA = "other-data"
    OUT_OF_MEMORY = "out-of-memory"
    OUTPUT_PADDING_TOO_LARGE = "output-padding-too-large"
    OUTSIDE_NET = "outside-net", Trait.TEXT
    PADDING_TOO_LARGE = "padding-too-large", Trait.HIDES, Trait.SIZES
    PYTHON = "python", Trait.TEXT
    RAGGED_ROW = "ragged-row", Trait.ROWS
    RECURSION = "recursion", Trait.LOCAL
    REPETITION = "repetition", Trait.TEXT
    RESERVED_WORD = "reserved-word", Trait.TEXT
    RUN_BUSY = "run-busy"
    RUN_EXISTS = "run-exists"
    SCATTERED_COLUMNS = "scattered-columns"
    SEARCH_EXHAUSTED = "search-exhausted"
    SEVERAL_NETS = "several-nets"
    SEVERAL_SOLUTIONS = "several-solutions"
    SHAPE_MISMATCH = "shape-mismatch", Trait.HIDES
    SHAPE_REFUTED = "shape-refuted", Trait.CLAIM
    SHARED_WEIGHTS = "shared-weights"
    SLICE_OUT_OF_RANGE = "slice-out-of-range"
    SPACED_SIZES = "spaced-sizes", Trait.TEXT, Trait.HIDES
    STRAY_BRACKET = "stray-bracket", Trait.TEXT
    STRAY_SEMICOLON = "stray-semicolon", Trait.TEXT
    SYNTAX = "syntax", Trait.TEXT
    TWO_RECIPES = "two-recipes"
    UNCLOSED_BRACKET = "unclosed-bracket", Trait.TEXT
    UNCLOSED_TEXT = "unclosed-text", Trait.TEXT
    UNKNOWN_ARGUMENT = "unknown-argument", Trait.HIDES, Trait.LOCAL
    UNKNOWN_ATTRIBUTE = "unknown-attribute", Trait.HIDES
    UNKNOWN_COLUMN = "unknown-column"
    UNKNOWN_FILE = "unknown-file", Trait.FILES
    UNKNOWN_FUNCTION = "unknown-function", Trait.HIDES, Trait.LOCAL
    UNKNOWN_LABEL = "unknown-label", Trait.HIDES
    UNKNOWN_LAYER = "unknown-layer", Trait.HIDES
    UNKNOWN_METRIC = "unknown-metric"
    UNKNOWN_NAME = "unknown-name", Trait.HIDES
    UNKNOWN_NODE = "unknown-node"
    UNKNOWN_SETTING = "unknown-setting"
    UNOPENED_BODY = "unopened-body", Trait.TEXT
    UNSAFE_DATA = "unsafe-data"
    UNSAFE_WEIGHTS = "unsafe-weights"
    UNUSED_LABEL = "unused-label"
    USE_CYCLE = "use-cycle", Trait.FILES
    WEIGHTS_MISMATCH = "weights-mismatch"
    WHICH_TENSORS = "which-tensors"
    WINDOW_TOO_LARGE = "window-too-large", Trait.HIDES, Trait.SIZES
    WRAPPER = "wrapper", Trait.WHOLE
    WRONG_ARGUMENTS = "wrong-arguments", Trait.HIDES
    WRONG_BRACKET = "wrong-bracket", Trait.TEXT
    WRONG_CLASSES = "wrong-classes"
    WRONG_INPUT = "wrong-input"
    WRONG_OUTPUTS = "wrong-outputs"
    WRONG_RANK = "wrong-rank", Trait.HIDES, Trait.SIZES
    WRONG_SIGN = "wrong-sign", Trait.TEXT
