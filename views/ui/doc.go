// Package ui holds the components that pages are made of.
package ui
