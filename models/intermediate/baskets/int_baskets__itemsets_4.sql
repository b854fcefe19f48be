{{ itemsets_of_size(4) }}
