// The server programs with Go's package net, as a Go programmer writes them: one goroutine a connection. The contract
// of the programs is told in ../../servers/program.ts.
package main

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"os"
	"os/signal"
	"strconv"
	"sync/atomic"
	"syscall"
)

const (
	bufferBytes   = 1 << 20
	datagramBytes = 2048
	// What one read takes. Each connection has a buffer of its own while it waits: a larger one would only cost memory.
	requestBytes = 4096
	messageBytes = 64
)

// What the mode counts: requests answered, datagrams, or bytes.
var answered atomic.Int64

var chunkBytes = 65536

func main() {
	if size, err := strconv.Atoi(os.Getenv("CHUNK")); err == nil {
		chunkBytes = size
	}
	modes := map[string]func(port int){
		"udp-echo":        udpEcho,
		"udp-echo-gso":    nil,
		"udp-batch":       nil,
		"udp-burst":       udpEcho,
		"udp-send":        udpSend,
		"udp-send-batch":  nil,
		"udp-send-gso":    nil,
		"udp-send-spread": nil,
		"udp-receive":     udpReceive,
		"tcp-echo":        tcpServer(echo),
		"tcp-lines":       tcpServer(lines),
		"tcp-sink":        tcpServer(sink),
		"tcp-source":      tcpServer(source),
		"tcp-accept":      tcpServer(answerOnce),
	}
	name, port := argument(1), 0
	if text := argument(2); text != "" {
		port, _ = strconv.Atoi(text)
	}
	mode, known := modes[name]
	switch {
	case !known, name == "udp-send" && port == 0:
		end(2, "Usage: go MODE [PORT]")
	case mode == nil:
		end(3, "not supported: "+name)
	}
	mode(port)
}

func argument(index int) string {
	if index < len(os.Args) {
		return os.Args[index]
	}
	return ""
}

func end(code int, reason string) {
	fmt.Fprintln(os.Stderr, reason)
	os.Exit(code)
}

func check(err error) {
	if err != nil {
		end(1, err.Error())
	}
}

// From here on the harness may send signals.
func publish(port int) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR2, syscall.SIGTERM)
	go func() {
		for received := range signals {
			fmt.Printf("answered %d\n", answered.Load())
			if received == syscall.SIGTERM {
				os.Exit(0)
			}
		}
	}()
	fmt.Println(port)
}

func upper(message []byte) []byte {
	for at, letter := range message {
		if letter >= 'a' && letter <= 'z' {
			message[at] = letter - 32
		}
	}
	return message
}

func loopback(port int) *net.UDPAddr {
	return &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port}
}

func withBuffers(socket *net.UDPConn, err error) *net.UDPConn {
	check(err)
	check(socket.SetReadBuffer(bufferBytes))
	check(socket.SetWriteBuffer(bufferBytes))
	return socket
}

func udpServer(port int) *net.UDPConn {
	server := withBuffers(net.ListenUDP("udp4", loopback(port)))
	publish(server.LocalAddr().(*net.UDPAddr).Port)
	return server
}

func udpEcho(port int) {
	server := udpServer(port)
	buffer := make([]byte, datagramBytes)
	for {
		length, address, err := server.ReadFromUDPAddrPort(buffer)
		check(err)
		if _, err := server.WriteToUDPAddrPort(upper(buffer[:length]), address); err == nil {
			answered.Add(1)
		}
	}
}

func udpReceive(port int) {
	server := udpServer(port)
	buffer := make([]byte, datagramBytes)
	for {
		_, _, err := server.ReadFromUDPAddrPort(buffer)
		check(err)
		answered.Add(1)
	}
}

func udpSend(port int) {
	client := withBuffers(net.DialUDP("udp4", nil, loopback(port)))
	publish(0)
	message := bytes.Repeat([]byte("a"), messageBytes)
	for {
		// An error is the receiver's, which may end first.
		if _, err := client.Write(message); err == nil {
			answered.Add(1)
		}
	}
}

// A mode for TCP is what it does with one connection, to its end.
func tcpServer(serve func(connection net.Conn)) func(port int) {
	return func(port int) {
		welcome, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
		check(err)
		publish(welcome.Addr().(*net.TCPAddr).Port)
		for {
			connection, err := welcome.AcceptTCP()
			check(err)
			// TCP_NODELAY stays off in every program of the benchmark; Go turns it on.
			check(connection.SetNoDelay(false))
			go func() {
				defer connection.Close()
				serve(connection)
			}()
		}
	}
}

func echo(connection net.Conn) {
	for buffer := make([]byte, requestBytes); answer(connection, buffer); {
	}
}

func answerOnce(connection net.Conn) {
	answer(connection, make([]byte, requestBytes))
}

func answer(connection net.Conn, buffer []byte) bool {
	length, err := connection.Read(buffer)
	if err != nil {
		return false
	}
	if _, err := connection.Write(upper(buffer[:length])); err != nil {
		return false
	}
	answered.Add(1)
	return true
}

func lines(connection net.Conn) {
	reader := bufio.NewReader(connection)
	for {
		line, err := reader.ReadSlice('\n')
		if err != nil {
			return
		}
		if _, err := connection.Write(upper(line)); err != nil {
			return
		}
		answered.Add(1)
	}
}

func sink(connection net.Conn) {
	buffer := make([]byte, chunkBytes)
	for {
		length, err := connection.Read(buffer)
		if err != nil {
			return
		}
		answered.Add(int64(length))
	}
}

func source(connection net.Conn) {
	block := bytes.Repeat([]byte("a"), chunkBytes)
	for {
		length, err := connection.Write(block)
		if err != nil {
			return
		}
		answered.Add(int64(length))
	}
}
