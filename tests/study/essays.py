"""What a student who knows the lesson writes, in their own words, for each essay question."""

KNOWS = {
    "1d": "Along an eigenvector the power of the matrix just multiplies by λ again and again. "
    "What counts is the magnitude, and after a long time only the biggest one. "
    "If it is smaller than one, x1 is forgotten; at exactly one it stays.",
    "1f": "I take the Transformer. Gradients get from any token to any other directly, while in "
    "the RNN they fade. All tokens are trained in parallel. It costs more: memory is quadratic. "
    "For endless streams on a phone I would rather use an RNN.",
    "3b": "Sines and cosines: a formula gives a code for any position. "
    "Or only the distance between query and key matters, as in RoPE. "
    "Both can become worse beyond the length seen in training, and attention still costs T².",
    "3c": "The model overfits, it memorised the training images. 50,000 pictures are too few data "
    "for a ViT, since it must learn locality. I would add random crops and flips, because then it "
    "never sees the same picture twice. Pretraining on more data would help too.",
    "3d": "Each weight tells how much of a patch's value goes into the class token. "
    "On some images the edge of the object is bright, on others the background. "
    "I would correlate the entropy with the area of the mask. "
    "A big weight is not an explanation: I would remove the patches and look at the prediction.",
    "3e": "A CNN has locality and shared weights built in. A ViT has to learn that and needs "
    "more data. "
    "At another resolution its position table must be interpolated.",
    "4e": "In training all the words are known, so everything is computed in parallel. When the "
    "model writes, each step has to wait for the previous word. And each step reads all the "
    "weights from memory for one token only.",
    "4f": "At first the same comma is repeated. Then there are names with a colon after them. "
    "In the end there are whole phrases, but they loop. The loss drops quickly and then slowly.",
    "4g": "It starts with a speaker's name and a colon, as in training. "
    "It ends in a loop, because greedy always takes the most probable word.",
}
