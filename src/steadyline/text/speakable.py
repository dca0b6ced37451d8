"""What of a model's text is spoken: the words, without the marks that are meant for the eye."""

import re
import unicodedata

_SPECIAL_TOKEN = re.compile(r"<\|[^|<>]*\|>|</?s>|\[/?INST\]")
_FENCE = re.compile(r"^[ \t]*(?:```|~~~).*$", re.MULTILINE)
_RULE = re.compile(
    r"^[ \t]*(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,}|[|:\- \t]*-{3,}[|:\- \t]*)$", re.MULTILINE
)
_LINE_MARK = re.compile(r"^[ \t]*(?:#{1,6}[ \t]+|>[ \t]?|[-*+•‣◦][ \t]+(?:\[[ xX]\][ \t]+)?)+", re.MULTILINE)
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()]*(?:\([^()]*\)[^()]*)*\)")
# What is left of a link that was cut within its text.
_LINK_TAIL = re.compile(r"\]\([^()\s]*\)")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<!--.*?-->", re.DOTALL)
_AUTOLINK = re.compile(r"<((?:https?://|mailto:)?[^\s<>]+[@.:/][^\s<>]+)>")
_SCHEME = re.compile(r"\bhttps?://|\bmailto:")
_EMPHASIS = re.compile(r"(?<!\w)(?:\*{1,3}|_{1,3}|~~)(?=\S)|(?<=\S)(?:\*{1,3}|_{1,3}|~~)(?!\w)")
_EMOJI = re.compile(
    "[\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff\u231a\u231b\u23e9-\u23fa\ufe0e\ufe0f\u20e3\U000e0020-\U000e007f]"
)
_JOINER = re.compile("(?<!\\w)\u200d|\u200d(?!\\w)")
_SPACE_BEFORE_MARK = re.compile(r" +([,.;!?])(?=\s|$)")


def speakable(text: str) -> str:
    """The words of `text` on one line: no Markdown, HTML, emoji, special tokens of models or control characters.

    Numbers, punctuation and the text of links stay; "2 * 3", "#1" and "snake_case" too. May be empty.
    """
    text = _SPECIAL_TOKEN.sub(" ", text)
    text = _FENCE.sub(" ", text)
    text = _RULE.sub(" ", text)
    text = _LINE_MARK.sub("", text)
    text = _LINK_TAIL.sub("", _LINK.sub(r"\1", text))
    text = _TAG.sub(" ", _AUTOLINK.sub(r"\1", text))
    text = _SCHEME.sub("", text).replace("`", "").replace("|", " ")
    text = _EMPHASIS.sub("", text)
    text = _JOINER.sub("", _EMOJI.sub(" ", text))
    text = "".join(character for character in text if _is_kept(character))
    return _SPACE_BEFORE_MARK.sub(r"\1", " ".join(text.split()))


def _is_kept(character: str) -> bool:
    if character.isspace() or character in "\u200c\u200d":
        return True
    return unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn") and character != "\ufffd"
