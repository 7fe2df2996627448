// Package paho holds message handlers of Paho MQTT. // want package:"effects"
package paho

import (
	"net/http"
	"os"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

func subscribe(c mqtt.Client) {
	token := c.Subscribe("a", 1, func(c mqtt.Client, m mqtt.Message) {
		os.WriteFile("x", m.Payload(), 0o666)          // want `os.WriteFile blocks the event loop \(file\)`
		m.Ack()                                        // ok: queued
		token := c.Publish("b", 1, false, m.Payload()) // want `Publish may block the event loop \(net\)`
		token.Wait()                                   // want `\(mqtt.Token\).Wait may wait for the loop it runs on: deadlock \(reentry\)`
	})
	token.Wait() // ok: not on the loop

	c.Subscribe("b", 1, forward)
	c.Subscribe("c", 0, func(c mqtt.Client, m mqtt.Message) {
		go forward(c, m)                 // ok: on a goroutine of its own
		go c.Publish("b", 0, false, nil) // ok: on a goroutine of its own
		go func() {
			c.Publish("b", 0, false, nil).Wait() // ok: on a goroutine of its own
		}()
		if m.Retained() { // ok: a field
			return
		}
		c.Disconnect(250) // want `Disconnect blocks the event loop \(wait\)`
	})
	c.AddRoute("d", func(c mqtt.Client, m mqtt.Message) {
		c.IsConnected()         // ok: a field
		time.Sleep(time.Second) // want `time.Sleep blocks the event loop \(sleep\)`
	})
	if !c.Subscribe("e", 0, nil).WaitTimeout(time.Second) { // ok: not on the loop
		c.Disconnect(250) // ok: not on the loop
	}
}

func forward(c mqtt.Client, m mqtt.Message) {
	http.Get("http://example.com/" + m.Topic()) // want `http.Get blocks the event loop \(net\): callback of \(mqtt.Client\).Subscribe -> forward -> http.Get`
}

var handler mqtt.MessageHandler = func(c mqtt.Client, m mqtt.Message) {
	os.Remove(m.Topic()) // want `os.Remove blocks the event loop \(file\)`
}

func options() *mqtt.ClientOptions {
	o := mqtt.NewClientOptions()
	o.SetDefaultPublishHandler(func(c mqtt.Client, m mqtt.Message) {
		c.Subscribe(m.Topic(), 0, nil).WaitTimeout(time.Minute) // want `Subscribe may block` `WaitTimeout blocks the event loop \(wait\)`
	})
	o.SetOnConnectHandler(func(c mqtt.Client) {
		c.Subscribe("a", 0, forward).Wait() // ok: on a goroutine of its own
	})
	o.SetConnectionLostHandler(func(mqtt.Client, error) {
		os.Remove("x") // ok: on a goroutine of its own
	})
	return o
}
