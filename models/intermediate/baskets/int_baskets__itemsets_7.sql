{{ itemsets_of_size(7) }}
