{{ itemsets_of_size(5) }}
