// Sends one trace by OTLP, and prints its id: go mod init send && go mod tidy && go run .
//
// The endpoint and the service's name come from the environment: OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SERVICE_NAME.
package main

import (
	"context"
	"fmt"
	"log"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

func main() {
	ctx := context.Background()
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		log.Fatal(err)
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter))
	otel.SetTracerProvider(provider)
	tracer := otel.Tracer("example")

	ctx, checkout := tracer.Start(ctx, "checkout")
	checkout.SetAttributes(attribute.Int("order.items", 3))
	_, payment := tracer.Start(ctx, "payment")
	payment.End()
	checkout.End()
	fmt.Println(checkout.SpanContext().TraceID())

	// Before a program ends: what waits in its queue is sent.
	if err := provider.Shutdown(context.Background()); err != nil {
		log.Fatal(err)
	}
}
