// The linker needs an assembly file here to accept a function without a body.
