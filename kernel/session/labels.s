// Go takes the function without a body in running.go only beside assembly.
