<?php
// Whether a webhook is from Sparx, and from now. Copy this file; it needs nothing but PHP 8.

const SPARX_SECRET = '~\Awhsec_((?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)\z~';

/**
 * True if $sig, the header X-Sparx-Signature, signs $raw, the body as it arrived
 * (file_get_contents('php://input')). $secret is that of the subscription, whsec_...; $tolerance
 * is how many seconds the signature may be old, or the clocks apart. False for anything else;
 * never throws.
 */
function verify_sparx_webhook(mixed $raw, mixed $sig, mixed $secret, mixed $tolerance = 300): bool
{
    if (!is_string($raw) || !is_string($sig) || !is_string($secret) || !is_numeric($tolerance)) {
        return false;
    }
    $parts = explode(',', $sig);
    if (!preg_match(SPARX_SECRET, $secret, $key) || !preg_match('~\At=([0-9]{1,12})\z~', $parts[0], $time)) {
        return false;
    }
    if (!(abs(microtime(true) - (int) $time[1]) <= $tolerance)) {
        return false;
    }
    $expected = hash_hmac('sha256', "$time[1].$raw", base64_decode($key[1]));
    // There are two while a new secret replaces the old one.
    foreach (array_slice($parts, 1) as $part) {
        if (preg_match('~\Av1=([0-9a-f]{64})\z~', $part, $given) && hash_equals($expected, $given[1])) {
            return true;
        }
    }
    return false;
}
