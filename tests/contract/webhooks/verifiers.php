<?php
// Asks our verifier about each line of standard input.
require 'verify.php';

while (($line = fgets(STDIN)) !== false) {
    $asked = json_decode($line, true);
    if (isset($asked['values'])) {
        echo json_encode(verify_sparx_webhook(...$asked['values'])), "\n";
        continue;
    }
    $sig = $asked['headers']['x-sparx-signature'];
    $good = verify_sparx_webhook(base64_decode($asked['raw']), $sig, $asked['secret']);
    echo json_encode(['verify.php' => $good]), "\n";
}
