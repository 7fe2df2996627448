// Package orders keeps the shop's order book.
package orders

import (
	"fmt"

	"github.com/loopvet/loopvet/examples/stalled/receipts"
)

// An Order is one thing that a customer wants.
type Order struct {
	Number int
	Item   string
}

// String returns the order as its receipt shows it.
func (o Order) String() string {
	return fmt.Sprintf("order %d: %s", o.Number, o.Item)
}

// A Book has all orders. It is not safe for use by several goroutines.
type Book struct {
	dir    string
	orders []Order
}

// NewBook returns an empty book whose receipts go to dir.
func NewBook(dir string) *Book {
	return &Book{dir: dir}
}

// Len returns the number of orders.
func (b *Book) Len() int {
	return len(b.orders)
}

// Place adds an order and writes its receipt.
func (b *Book) Place(item string) (Order, error) {
	order := Order{Number: len(b.orders) + 1, Item: item}
	if err := receipts.Write(b.dir, order.Number, order.String()); err != nil {
		return Order{}, err
	}
	b.orders = append(b.orders, order)
	return order, nil
}
