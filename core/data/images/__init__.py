"""Image data: CIFAR-10, Shapes, folders of pictures, single pictures, and the arrays they become.

Imports core.data and below.
"""
