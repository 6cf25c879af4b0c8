module example.org/fasti

go 1.19
