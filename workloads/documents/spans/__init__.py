"""Changes as splices of a text: replace this span by that text. Found in the node tree."""
