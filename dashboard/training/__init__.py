"""What only the pages Train and Runs need: the recipe's controls, one run, the table of runs."""
