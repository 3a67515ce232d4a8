"""Rule packs (data), and what holds a file or a case against them."""
