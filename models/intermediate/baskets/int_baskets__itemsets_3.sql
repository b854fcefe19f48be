{{ itemsets_of_size(3) }}
