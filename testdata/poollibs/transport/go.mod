module example.com/transport

go 1.26.0
