package main

type receiptCmd struct{}
