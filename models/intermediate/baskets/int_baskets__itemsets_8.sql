{{ itemsets_of_size(8) }}
