import { useRealtimeChat } from "parley-react";

const { sendMessage, isConnected, error } = useRealtimeChat({
  chatId: "chat_123",
  enabled: true,
  onMessage: (message) => {
    // Handle incoming message
    console.log("Received:", message);
  },
  onAgentJoined: (agent) => {
    // Handle agent joined event
    console.log("Agent joined:", agent.agentName);
  },
  onTyping: (userId, isTyping) => {
    // Handle typing indicator
  },
  onError: (error) => {
    // Handle errors
  },
});

// Send a message
await sendMessage("Hello!", "USER");
