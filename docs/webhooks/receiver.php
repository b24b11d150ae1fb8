<?php
// A receiver of webhooks. SPARX_WEBHOOK_SECRET=whsec_... php -S 127.0.0.1:3000 receiver.php
require __DIR__ . '/verify.php';

function receive(): int
{
    if ($_SERVER['REQUEST_METHOD'] !== 'POST') {
        return 405;
    }
    $raw = file_get_contents('php://input', length: 1_000_001);
    if (strlen($raw) > 1_000_000) {
        return 413;
    }
    $signature = $_SERVER['HTTP_X_SPARX_SIGNATURE'] ?? null;
    if (!verify_sparx_webhook($raw, $signature, getenv('SPARX_WEBHOOK_SECRET'))) {
        return 400;
    }
    $event = json_decode($raw, associative: true);
    if (is_new($event['id'])) { // an event may arrive twice
        file_put_contents('php://stdout', "{$event['type']} {$event['id']}\n"); // yours does something
    }
    return 204;
}

function is_new(string $id): bool
{
    $folder = sys_get_temp_dir() . '/webhooks'; // yours is a unique column of a table
    is_dir($folder) || @mkdir($folder);
    return @fopen("$folder/$id", 'x') !== false;
}

http_response_code(receive());
