// Package unordered gives each message of Paho MQTT a goroutine of its own. // want package:"effects"
package unordered

import (
	"os"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

func connect() {
	o := mqtt.NewClientOptions().SetOrderMatters(false)
	o.SetDefaultPublishHandler(func(c mqtt.Client, m mqtt.Message) {
		c.Publish("b", 1, false, m.Payload()).Wait() // ok: on a goroutine of its own
	})
	c := mqtt.NewClient(o)
	c.Connect().Wait() // ok: not on the loop
	c.Subscribe("a", 1, func(c mqtt.Client, m mqtt.Message) {
		os.WriteFile("x", m.Payload(), 0o666) // ok: on a goroutine of its own
	}).Wait()
}
