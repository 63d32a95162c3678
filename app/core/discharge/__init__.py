"""The discharge record that is written from a stay: source, form, the five sections, and the rules that check them."""
