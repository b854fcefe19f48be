{{ itemsets_of_size(6) }}
