"""The texts that pages open with, already split into words: no first page has to import NLTK.

That takes 0.15 to 0.4 s. `core.tokenizer.split_words` looks here first, and a test compares
with what NLTK makes of these texts.
"""

# By the data of the model that reads them.
PROMPTS = {
    "grammar": "KING:\nGood queen, where are the",
    "refrain": "raven candle moon thorn river\napple lamp snow bell\nraven candle moon thorn",
}
OTHER_PROMPT = "KING RICHARD III:\nWhy,"
LINES = {
    "grammar": "DUKE: Good queen, where are the poor soldiers? QUEEN: Good duke, the",
    "shakespeare": "KING RICHARD III: Why, what is the matter? BUCKINGHAM: My lord, the king is",
}

WORDS = {
    text: tuple(words.split())
    for text, words in {
        PROMPTS["grammar"]: "KING : Good queen , where are the",
        PROMPTS["refrain"]: PROMPTS["refrain"],
        OTHER_PROMPT: "KING RICHARD III : Why ,",
        LINES["grammar"]: "DUKE : Good queen , where are the poor soldiers ? "
        "QUEEN : Good duke , the",
        LINES["shakespeare"]: "KING RICHARD III : Why , what is the matter ? "
        "BUCKINGHAM : My lord , the king is",
    }.items()
}
