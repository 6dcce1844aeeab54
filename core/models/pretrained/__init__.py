"""Real models: GPT-2, Llama, Qwen2, ViT and DeiT, read from Hugging Face files or GGUF.

A file for each family has its blocks, its formulas and the names of its tensors; the forward passes
are our own. A real model is stored as a folder in the data folder and loaded like any other model.
"""
