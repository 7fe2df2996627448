// Package orders keeps the shop's order book.
package orders

import "fmt"

// An Order is one thing that a customer wants.
type Order struct {
	Number int
	Item   string
}

// String returns the order as its receipt shows it.
func (o Order) String() string {
	return fmt.Sprintf("order %d: %s", o.Number, o.Item)
}

// A Book has all orders. The zero Book is empty. It is not safe for use by
// several goroutines.
type Book struct {
	orders []Order
}

// Len returns the number of orders.
func (b *Book) Len() int {
	return len(b.orders)
}

// Place adds an order.
func (b *Book) Place(item string) Order {
	order := Order{Number: len(b.orders) + 1, Item: item}
	b.orders = append(b.orders, order)
	return order
}
