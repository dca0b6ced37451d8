"""What of a model's text is spoken."""

import pytest

from steadyline.text.speakable import speakable


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("The capital of France is **Paris**.", "The capital of France is Paris."),
        ("*Really?* __Yes__, _really_ ~~not~~.", "Really? Yes, really not."),
        ("**The first half.", "The first half."),
        ("and the second half.**", "and the second half."),
        ("# Opening hours\nWe open at 9.", "Opening hours We open at 9."),
        ("- milk\n* eggs\n+ flour\n- [x] done", "milk eggs flour done"),
        ("1. First\n2) Second", "1. First 2) Second"),
        ("> quoted", "quoted"),
        ("Run `ls -l` now:\n```bash\nls -l\n```", "Run ls -l now: ls -l"),
        ("See [our site](https://example.com/a_(b)) and ![a cat](cat.png).", "See our site and a cat."),
        ("b](http://x.org) there", "b there"),
        ("Go to https://www.example.com/x or <jane@example.com>.", "Go to www.example.com/x or jane@example.com."),
        ("Hello 😊! 👨‍👩‍👧 ✨ Fine ☎️ 🇩🇪 1️⃣", "Hello! Fine 1"),
        ("Bye.<|im_end|>", "Bye."),
        ("<|im_start|>assistant: hi</s>", "assistant: hi"),
        ("a<br>b <b>c</b> 1 < 2 > 0", "a b c 1 < 2 > 0"),
        ("one\ttwo\r\n\n  three\x00\x07\u200b\ufffd", "one two three"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "a b 1 2"),
        ("Above\n---\nbelow\n***", "Above below"),
        ("2 * 3 = 6, 2*3, 5% of $1,000.50, #1, 10:30, -5 °C, snake_case", None),
        ('It\'s 9 a.m.; "fine" (really) – yes… no?!', None),
        ("Größe, naïve, 北京, नमस्ते, می‌خواهم", None),
        ("", ""),
        ("🙂", ""),
        ("***", ""),
    ],
)
def test_marks_for_the_eye_are_not_spoken_and_words_are(written: str, spoken: str | None) -> None:
    assert speakable(written) == (written if spoken is None else spoken)
